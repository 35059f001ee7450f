internal import Synchronization
internal import VAE

/// What held-out images cost by every score, by the same functions that a server scores requests with.
final class ScoreMeasure {
    /// The ranks a checkpoint keeps: fine at both tails, and the ends, so that a rank can be told for any cost.
    static let ranks = [
        0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7,
        0.75,
        0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 1,
    ]

    private let scorer: ImageScorer
    private let team: ThreadTeam
    private let workers: [Worker]
    /// Images that go through the model together on a thread.
    private static let rows = 64

    /// For `model`, whose codes lie where `aggregate` says.
    init(_ model: VAEModel, aggregate: AggregatePosterior?, team: ThreadTeam) throws(TrainingError) {
        scorer = ImageScorer(model, aggregate: aggregate)
        self.team = team
        var workers: [Worker] = []
        for _ in 0..<team.count { workers.append(try Worker(model, rows: Self.rows)) }
        self.workers = workers
    }

    /// Of the first `count` images of `dataset`, with z = μ and with the draws behind `likelihood`, one estimate for each
    /// image, if there are any. Nil when `shouldStop` says so. `progress` is told how many images are done.
    func measure(
        _ dataset: any Dataset, count: Int, likelihood: MarginalLikelihood?,
        progress: @escaping @Sendable (Int) -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> EvaluationRecord.Scores? {
        let blocks = (count + Self.rows - 1) / Self.rows
        let results = Results(count: blocks)
        let (workers, scorer) = (workers, scorer)
        let done = try team.forEach(
            blocks, progress: { progress(min($0 * Self.rows, count)) }, shouldStop: shouldStop
        ) {
            (thread: Int, block: Int) throws(TrainingError) in
            let start = block * Self.rows
            let costs = try workers[thread].costs(start..<min(start + Self.rows, count), of: dataset, scorer)
            results.blocks.withLock { $0[block] = costs }
            return true
        }
        guard done == blocks else { return nil }
        let costs = results.blocks.withLock { $0.flatMap(\.self) }
        let drawn = likelihood.map { likelihood in
            let images = zip(costs, likelihood.estimates).map { costs, estimate in
                costs.drawn(reconstruction: estimate.reconstruction, bound: estimate.bound)
            }
            return summary(images, samples: likelihood.samples)
        }
        return EvaluationRecord.Scores(
            ranks: Self.ranks, images: count, atMean: summary(costs, samples: nil), drawn: drawn)
    }

    private func summary(_ images: [ImageCosts], samples: Int?) -> EvaluationRecord.Scores.Costs {
        let mean = images.reduce(0) { $0 + $1.loss } / Double(images.count)
        var quantiles: [String: [Float]] = [:]
        for score in ImageScore.allCases where samples == nil || score.dependsOnDraws {
            let costs = images.compactMap { scorer.cost(score, of: $0, typicalLoss: mean) }
            guard costs.count == images.count else { continue }
            quantiles[score.rawValue] = Quantile.values(costs, at: Self.ranks).map { Float($0) }
        }
        return EvaluationRecord.Scores.Costs(samples: samples, typicalLoss: mean, quantiles: quantiles)
    }

    /// One place for each block of images.
    private final class Results: Sendable {
        let blocks: Mutex<[[ImageCosts]]>

        init(count: Int) { blocks = Mutex(Array(repeating: [], count: count)) }
    }

    /// One thread's workspace.
    /// `@unchecked Sendable` because only the thread of its index touches it while the team runs.
    @safe private final class Worker: @unchecked Sendable {
        private let session: ExampleSession
        private let x, mu, logVariance, sigma, decoded, kl: FloatBuffer

        init(_ model: VAEModel, rows: Int) throws(TrainingError) {
            session = try ExampleSession(model, maximumRows: rows)
            let architecture = model.architecture
            x = FloatBuffer(scratch: rows * architecture.inputCount)
            decoded = FloatBuffer(scratch: rows * architecture.inputCount)
            mu = FloatBuffer(scratch: rows * architecture.latent)
            logVariance = FloatBuffer(scratch: rows * architecture.latent)
            sigma = FloatBuffer(scratch: rows * architecture.latent)
            kl = FloatBuffer(scratch: rows * architecture.latent)
        }

        func costs(
            _ range: Range<Int>, of dataset: any Dataset, _ scorer: ImageScorer
        ) throws(TrainingError) -> [ImageCosts] {
            let numbers = range.map { UInt32($0) }
            unsafe session.select(numbers, rows: range.count, of: dataset)
            do throws(DatasetError) { try unsafe dataset.copy(range, into: x.base) } catch { throw .data(error) }
            do throws(ModelError) {
                try unsafe session.encode(
                    rows: range.count, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
                try unsafe session.decode(rows: range.count, z: mu.base, into: decoded.base)
            } catch { throw .model(error) }
            return unsafe scorer.costs(
                rows: range.count, x: x.base, mu: mu.base, logVariance: logVariance.base, decoded: decoded.base,
                kl: kl.base)
        }
    }
}
