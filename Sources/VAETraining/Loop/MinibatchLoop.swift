internal import Synchronization
internal import VAE

/// The steps of one epoch, on all threads of a team.
///
/// Every thread computes the gradient of its contiguous share of the minibatch into its own arena; then every thread
/// adds the arenas up, in their order, over its own range of the parameters, and applies Adam there. Three meetings a
/// step, and one more where the loss depends on sums over the minibatch. All threads keep the same account of the
/// position, from the same numbers, so none has to tell the others. With several processes the shares are those of all
/// their threads, and after a process's own arenas those of the others are added.
final class MinibatchLoop: Sendable {
    /// In a row; after so many a run will not recover by itself.
    static let maximumConsecutiveSkips = 20

    private let team: ThreadTeam
    private let processes: ProcessGroup
    private let exchange: MinibatchExchange
    private let workers: [ShareWorker]
    private let weights: TrainedWeights
    private let layoutCount: Int
    private let settings: TrainingSettings
    private let dataset: any Dataset
    private let stopping = Atomic<Bool>(false)
    private let outcome = Mutex<Result<TrainingPosition, TrainingError>?>(nil)

    init(
        _ state: TrainingState, dataset: any Dataset, team: ThreadTeam, processes: ProcessGroup = .alone,
        workers: [ShareWorker]
    ) {
        self.team = team
        self.processes = processes
        exchange = MinibatchExchange(processes, team: team)
        self.workers = workers
        weights = state.weights
        layoutCount = state.architecture.layout.count
        settings = state.settings
        self.dataset = dataset
    }

    /// Goes on from `start` to the end of its epoch, or to the first step after which `afterStep` says to stop.
    ///
    /// `afterStep` is called on the calling thread with the images learned from so far in this epoch; `report` likewise,
    /// after one step in `settings.logEvery` that was taken.
    func run(
        from start: TrainingPosition, report: @escaping @Sendable (StepResult) -> Void = { _ in },
        afterStep: @escaping @Sendable (Int) -> Bool
    ) throws(TrainingError) -> TrainingPosition {
        let order = RandomStream(seed: settings.seed, domain: .shuffle, draw: UInt32(start.epoch))
            .permutation(count: dataset.count)
        // Machines of different kinds round differently; they start every epoch from the same.
        for buffer in [weights.parameters] + weights.memory.map(\.buffer) { processes.broadcast(buffer) }
        stopping.store(false, ordering: .relaxed)
        team.run { [self] index in
            let result = work(index, from: start, order: order, report: report, afterStep: afterStep)
            if index == 0 { outcome.withLock { $0 = result } }
        }
        guard let result = outcome.withLock({ $0 }) else { return start }
        return try result.get()
    }

    private func work(
        _ index: Int, from start: TrainingPosition, order: [UInt32], report: (StepResult) -> Void,
        afterStep: (Int) -> Bool
    ) -> Result<TrainingPosition, TrainingError> {
        var position = start
        let range = team.share(index, of: layoutCount)
        let gradients = workers.map(\.gradient)
        let worker = workers[index]
        while position.image < order.count {
            let rows = min(settings.batchSize, order.count - position.image)
            let epochs = Double(position.epoch) + Double(position.image) / Double(order.count)
            let share = exchange.share(index, of: rows)
            let next = position.image + rows
            let nextShare = exchange.share(index, of: min(settings.batchSize, order.count - next))
            worker.forward(
                order[position.image + share.lowerBound..<position.image + share.upperBound],
                next: order[next + nextShare.lowerBound..<next + nextShare.upperBound], of: dataset, total: rows,
                seed: settings.seed, epoch: UInt32(position.epoch), weights: settings.objective.weights(after: epochs),
                precision: settings.precision, parameters: weights.parameters)
            var statistics: [Double] = []
            if worker.needsStatistics {
                team.wait()
                statistics = exchange.sum(sum(workers.map(\.statistics)), thread: index)
            }
            worker.backward(statistics: statistics)
            team.wait()
            // From here to the next meeting every thread reads what all have written, and sees the same.
            if let failure = workers.lazy.compactMap(\.failure).first { return .failure(failure) }
            var terms = LossTerms()
            for worker in workers { terms += worker.terms }
            worker.squaredNorm = GradientArena.sum(gradients, range: range)
            if exchange.isNeeded {
                team.wait()
                terms = exchange.sum(terms, gradient: gradients[0], thread: index)
                worker.squaredNorm = GradientArena.sum([gradients[0]], range: range)
            }
            team.wait()
            let norm = workers.reduce(0) { $0 + $1.squaredNorm }.squareRoot()
            let isFinite = terms.isFinite && norm.isFinite
            if isFinite {
                weights.follow(
                    gradients[0], norm: norm, step: position.step, epochs: epochs, settings: settings, range: range)
                if let scale = worker.optimalLogScale {
                    weights.follow(optimalLogScale: scale, step: position.step, range: range)
                }
            }
            if index == 0 { stopping.store(afterStep(position.image + rows), ordering: .relaxed) }
            team.wait()
            position.account(for: isFinite ? terms : nil, rows: rows, gradientNorm: norm)
            if index == 0, isFinite, isLogged(position.step) {
                report(result(position, terms: terms, gradientNorm: norm, epochs: epochs))
            }
            if position.consecutiveSkips >= Self.maximumConsecutiveSkips { return .failure(diverged(position)) }
            if stopping.load(ordering: .relaxed) { break }
        }
        return .success(position)
    }

    private func isLogged(_ step: UInt64) -> Bool {
        settings.logEvery > 0 && step % UInt64(settings.logEvery) == 0
    }

    /// Of the step that was taken `epochs` epochs into the run, and that led to `position`.
    private func result(
        _ position: TrainingPosition, terms: LossTerms, gradientNorm: Double, epochs: Double
    ) -> StepResult {
        StepResult(
            step: position.step, epoch: position.epoch + 1, loss: terms.means.loss, gradientNorm: gradientNorm,
            learningRate: settings.optimiser.learningRate(after: epochs, of: Double(settings.epochs)),
            beta: settings.objective.weights(after: epochs).beta)
    }

    private func sum(_ shares: [[Double]]) -> [Double] {
        shares.dropFirst().reduce(shares[0]) { sums, share in zip(sums, share).map(+) }
    }

    private func diverged(_ position: TrainingPosition) -> TrainingError {
        .diverged(
            "training diverged: loss or gradients were not finite in \(position.consecutiveSkips) steps in a row "
                + "(epoch \(position.epoch + 1), image \(position.image)); "
                + "try a smaller --learning-rate than \(settings.optimiser.learningRate), or --clip"
                + (DataFile.exists(settings.resumePath)
                    ? "; what was learned until the last epoch is kept for --start-from \(settings.resumePath)" : ""))
    }
}
