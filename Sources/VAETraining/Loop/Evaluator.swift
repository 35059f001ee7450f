public import VAE

/// Measures −ELBO over a data set on all threads of a team, with noise that is the same every time.
public final class Evaluator {
    /// Images that go through the model together on a thread.
    static let rowsPerThread = 64
    /// `draw` of the noise: training never gets there.
    static let draw = UInt32.max

    private let team: ThreadTeam
    private let processes: ProcessGroup
    private let workers: [ShareWorker]

    init(team: ThreadTeam, processes: ProcessGroup = .alone, workers: [ShareWorker]) {
        self.team = team
        self.processes = processes
        self.workers = workers
    }

    /// For a model alone, on its own threads.
    public convenience init(
        _ architecture: VAEArchitecture, threads: Int, objective: ObjectiveSettings = ObjectiveSettings()
    ) throws(TrainingError) {
        let team = try ThreadTeam(count: threads)
        do throws(ModelError) {
            self.init(
                team: team,
                workers: try Self.workers(
                    architecture, team: team, maximumRows: Self.rowsPerThread, objective: objective))
        } catch { throw .model(error) }
    }

    /// One worker per thread of `team`.
    static func workers(
        _ architecture: VAEArchitecture, team: ThreadTeam, maximumRows: Int,
        objective: ObjectiveSettings = ObjectiveSettings(), augmentation: Augmentation = .none
    ) throws(ModelError) -> [ShareWorker] {
        var workers: [ShareWorker] = []
        for _ in 0..<team.count {
            workers.append(
                try ShareWorker(
                    architecture, maximumRows: maximumRows, objective: objective, augmentation: augmentation))
        }
        return workers
    }

    /// The means over `dataset`. The noise depends on `seed` and on an image's number in the set.
    public func evaluate(
        _ parameters: FloatBuffer, on dataset: any Dataset, seed: UInt64
    ) throws(TrainingError) -> Evaluation {
        team.run { [team, processes, workers] index in
            workers[index].evaluate(
                processes.share(index, of: team.count, total: dataset.count), of: dataset, seed: seed,
                parameters: parameters)
        }
        if let failure = workers.lazy.compactMap(\.failure).first { throw failure }
        var sum = LossTerms()
        var errors = PredictionErrors()
        var perDimensionKL = workers[0].perDimensionKL
        for (index, worker) in workers.enumerated() {
            sum += worker.terms
            errors += worker.errors
            guard index > 0 else { continue }
            for (dimension, kl) in worker.perDimensionKL.enumerated() { perDimensionKL[dimension] += kl }
        }
        sum = LossTerms(numbers: processes.sum(sum.numbers))
        perDimensionKL = processes.sum(perDimensionKL)
        errors.sum(over: processes)
        let count = Double(sum.images)
        return Evaluation(
            terms: sum.means, perDimensionKL: perDimensionKL.map { Float($0 / count) }, images: sum.images,
            scalars: errors.scalars)
    }
}
