internal import Synchronization
internal import VAE

/// The steps of one epoch, on all threads of a team.
///
/// Every thread computes the gradient of its contiguous share of the minibatch into its own arena; then every thread
/// applies Adam to its own range of the parameters, adding the arenas up in their order. Two meetings a step. All
/// threads keep the same account of the position, from the same numbers, so none has to tell the others.
final class MinibatchLoop: Sendable {
    /// In a row; after so many a run will not recover by itself.
    static let maximumConsecutiveSkips = 20

    private let team: ThreadTeam
    private let workers: [ShareWorker]
    private let parameters: FloatBuffer
    private let firstMoment: FloatBuffer
    private let secondMoment: FloatBuffer
    private let layoutCount: Int
    private let settings: TrainingSettings
    private let dataset: any Dataset
    private let adam: Adam
    private let stopping = Atomic<Bool>(false)
    private let outcome = Mutex<Result<TrainingPosition, TrainingError>?>(nil)

    init(_ state: TrainingState, dataset: any Dataset, team: ThreadTeam, workers: [ShareWorker]) {
        self.team = team
        self.workers = workers
        parameters = state.parameters
        firstMoment = state.firstMoment
        secondMoment = state.secondMoment
        layoutCount = state.architecture.layout.count
        settings = state.settings
        self.dataset = dataset
        adam = Adam(learningRate: Float(settings.learningRate))
    }

    /// Goes on from `start` to the end of its epoch, or to the first step after which `afterStep` says to stop.
    ///
    /// `afterStep` is called on the calling thread with the images learned from so far in this epoch.
    func run(
        from start: TrainingPosition, afterStep: @escaping @Sendable (Int) -> Bool
    ) throws(TrainingError) -> TrainingPosition {
        let epoch = UInt32(start.epoch)
        let order = RandomStream(seed: settings.seed, domain: .shuffle, draw: epoch).permutation(count: dataset.count)
        let noise = RandomStream(seed: settings.seed, domain: .posterior, draw: epoch)
        stopping.store(false, ordering: .relaxed)
        team.run { [self] index in
            let result = work(index, from: start, order: order, noise: noise, afterStep: afterStep)
            if index == 0 { outcome.withLock { $0 = result } }
        }
        guard let result = outcome.withLock({ $0 }) else { return start }
        return try result.get()
    }

    private func work(
        _ index: Int, from start: TrainingPosition, order: [UInt32], noise: RandomStream,
        afterStep: (Int) -> Bool
    ) -> Result<TrainingPosition, TrainingError> {
        var position = start
        let ownParameters = team.share(index, of: layoutCount)
        let gradients = workers.map(\.gradient)
        while position.image < order.count {
            let rows = min(settings.batchSize, order.count - position.image)
            let share = team.share(index, of: rows)
            workers[index].learn(
                order[position.image + share.lowerBound..<position.image + share.upperBound], of: dataset,
                noise: noise, scale: 1 / Float(rows), parameters: parameters)
            team.wait()
            // From here to the next meeting every thread reads what all have written, and sees the same.
            if let failure = workers.lazy.compactMap(\.failure).first { return .failure(failure) }
            var terms = ELBOTerms()
            for worker in workers { terms += worker.terms }
            var skipped = 0
            if terms.isFinite {
                skipped = adam.step(
                    position.step + 1, range: ownParameters, gradients: gradients, weights: parameters,
                    firstMoment: firstMoment, secondMoment: secondMoment)
            }
            workers[index].skippedParameters = skipped
            if index == 0 { stopping.store(afterStep(position.image + rows), ordering: .relaxed) }
            team.wait()
            account(for: terms, rows: rows, in: &position)
            if position.consecutiveSkips >= Self.maximumConsecutiveSkips { return .failure(diverged(position)) }
            if stopping.load(ordering: .relaxed) { break }
        }
        return .success(position)
    }

    private func account(for terms: ELBOTerms, rows: Int, in position: inout TrainingPosition) {
        position.image += rows
        if terms.isFinite {
            position.step += 1
            position.terms += terms
        }
        if terms.isFinite && workers.allSatisfy({ $0.skippedParameters == 0 }) {
            position.consecutiveSkips = 0
        } else {
            position.skippedSteps += 1
            position.consecutiveSkips += 1
        }
    }

    private func diverged(_ position: TrainingPosition) -> TrainingError {
        .diverged(
            "training diverged: loss or gradients were not finite in \(position.consecutiveSkips) steps in a row "
                + "(epoch \(position.epoch + 1), image \(position.image)); "
                + "try a smaller --learning-rate than \(settings.learningRate)")
    }
}
