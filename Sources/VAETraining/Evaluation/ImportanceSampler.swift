internal import VAE

/// One thread's workspace to estimate ln p(x) of image after image with k samples of q(z|x) each.
///
/// The samples of an image are rows of decoding batches; the noise of sample i of image n depends on (seed, n, i) only,
/// and the weights are added in the order of the samples, so an estimate is the same bits wherever it is made.
/// `@unchecked Sendable` because only the thread of its index in a team touches it while the team runs.
@safe final class ImportanceSampler: @unchecked Sendable {
    private let session: ExampleSession
    private let draws: PosteriorDraws
    private let samples: Int
    private let seed: UInt64
    /// Rows per batch.
    private let batch: Int
    private let x, mu, logVariance, sigma: FloatBuffer

    /// The decoded rows of a batch should stay in the second-level cache.
    private static let batchBytes = 1 << 19

    init(_ model: VAEModel, samples: Int, seed: UInt64) throws(TrainingError) {
        self.samples = samples
        self.seed = seed
        let architecture = model.architecture
        let width = architecture.inputCount
        batch = min(samples, max(16, min(128, Self.batchBytes / (width * MemoryLayout<Float>.size))))
        session = try ExampleSession(model, maximumRows: batch)
        draws = PosteriorDraws(model, maximumRows: batch)
        x = FloatBuffer(count: width)
        mu = FloatBuffer(count: architecture.latent)
        logVariance = FloatBuffer(count: architecture.latent)
        sigma = FloatBuffer(count: architecture.latent)
    }

    /// The estimate for image `number` of `dataset`; nil when `shouldStop`, asked before every batch, says so.
    func estimate(
        _ dataset: any Dataset, number: Int, shouldStop: () -> Bool
    ) throws(TrainingError) -> ImportanceEstimate? {
        let numbers = [UInt32](repeating: UInt32(number), count: batch)
        unsafe session.select(numbers, rows: batch, of: dataset)
        do throws(DatasetError) { try unsafe dataset.copy(number..<number + 1, into: x.base) } catch {
            throw .data(error)
        }
        do throws(ModelError) {
            try unsafe session.encode(
                rows: 1, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
            let stream = RandomStream(seed: seed, domain: .importance, draw: UInt32(number))
            let drawn = try unsafe draws.weigh(
                samples, of: stream, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base
            ) { (rows, z, decoded) throws(ModelError) in
                guard !shouldStop() else { return false }
                try unsafe session.decode(rows: rows, z: z, into: decoded)
                return true
            }
            return drawn.map { drawn in
                ImportanceEstimate(
                    bound: drawn.weights.bound, jackknife: drawn.weights.jackknife(draws.logWeights),
                    reconstruction: drawn.reconstruction, effectiveSampleSize: drawn.weights.effectiveSampleSize)
            }
        } catch { throw .model(error) }
    }
}
