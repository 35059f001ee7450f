public import VAE

/// Estimates ln p(x) of many images on all threads of a team: whoever is done with an image takes the next one, so that
/// a thread that is held up by other work on the machine holds up nobody else.
public final class LogLikelihoodEstimator {
    private let team: ThreadTeam
    private let workers: [ImportanceWorker]
    private let samples: Int

    /// The most samples per image: each keeps 8 bytes a thread.
    public static let maximumSamples = 10_000_000

    /// With `samples` importance samples per image, whose noise follows from `seed`. An image's estimate is the same
    /// bits for any number of threads.
    public convenience init(
        _ model: VAEModel, samples: Int, seed: UInt64, threads: Int
    ) throws(TrainingError) {
        try self.init(model, samples: samples, seed: seed, team: try ThreadTeam(count: threads))
    }

    init(_ model: VAEModel, samples: Int, seed: UInt64, team: ThreadTeam) throws(TrainingError) {
        guard (1...Self.maximumSamples).contains(samples) else {
            throw .setting("--samples \(samples): expected 1…\(Self.maximumSamples)")
        }
        self.team = team
        self.samples = samples
        var workers: [ImportanceWorker] = []
        for _ in 0..<team.count { workers.append(try ImportanceWorker(model, samples: samples, seed: seed)) }
        self.workers = workers
    }

    /// The estimates of the first `count` images of `dataset`; of fewer when `shouldStop`, which every thread asks about
    /// every hundred samples, says so. `progress` is told on the calling thread how many images are done.
    public func estimate(
        _ dataset: any Dataset, count: Int, progress: @escaping @Sendable (Int) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> MarginalLikelihood {
        precondition((1...dataset.count).contains(count), "\(count) of \(dataset.count) images")
        let outcome = ImportanceRun(count: count)
        let workers = workers
        let work: ThreadTeam.Work = { index in
            if index == 0 {
                workers[0].run(dataset, into: outcome, progress: progress, shouldStop: shouldStop)
            } else {
                workers[index].run(dataset, into: outcome, progress: nil, shouldStop: shouldStop)
            }
        }
        team.run(work)
        return MarginalLikelihood(samples: samples, estimates: try outcome.result())
    }
}
