internal import Synchronization
public import VAE

/// Estimates ln p(x) of many images on all threads of a team.
public final class LogLikelihoodEstimator {
    private let team: ThreadTeam
    private let samplers: [ImportanceSampler]
    private let samples: Int
    private let architecture: VAEArchitecture

    /// The most samples per image: each takes 8 bytes a thread.
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
        guard !model.architecture.posterior.isDeterministic else {
            throw .setting("--samples: the model is an autoencoder without a distribution over codes; leave it out")
        }
        self.team = team
        self.samples = samples
        architecture = model.architecture
        var samplers: [ImportanceSampler] = []
        for _ in 0..<team.count { samplers.append(try ImportanceSampler(model, samples: samples, seed: seed)) }
        self.samplers = samplers
    }

    /// The estimates of the first `count` images of `dataset`; of fewer when `shouldStop`, which every thread asks about
    /// every hundred samples, says so. `progress` is told on the calling thread how many images are done.
    public func estimate(
        _ dataset: any Dataset, count: Int, progress: @escaping @Sendable (Int) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> MarginalLikelihood {
        precondition((1...dataset.count).contains(count), "\(count) of \(dataset.count) images")
        try ExampleSession.check(dataset, for: architecture)
        let estimates = Estimates(count: count)
        let samplers = samplers
        try team.forEach(count, progress: progress, shouldStop: shouldStop) {
            (thread: Int, number: Int) throws(TrainingError) in
            guard let estimate = try samplers[thread].estimate(dataset, number: number, shouldStop: shouldStop) else {
                return false
            }
            guard estimate.bound.isFinite else {
                throw .diverged("image \(number): ln p(x) came out as \(estimate.bound); expected a finite number")
            }
            estimates.store(estimate, number: number)
            return true
        }
        return MarginalLikelihood(samples: samples, estimates: estimates.stored)
    }

    /// One place for each image.
    private final class Estimates: Sendable {
        private let values: Mutex<[ImportanceEstimate?]>

        init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }

        func store(_ estimate: ImportanceEstimate, number: Int) { values.withLock { $0[number] = estimate } }

        /// In the order of the images.
        var stored: [ImportanceEstimate] { values.withLock { $0.compactMap(\.self) } }
    }
}
