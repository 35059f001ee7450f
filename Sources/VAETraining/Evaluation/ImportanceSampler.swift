internal import VAE

/// One thread's workspace to estimate ln p(x) of image after image with k samples of q(z|x) each.
///
/// The samples of an image are rows of decoding batches; the noise of sample i of image n depends on (seed, n, i) only,
/// and the weights are added in the order of the samples, so an estimate is the same bits wherever it is made.
final class ImportanceSampler {
    private let session: VAESession
    private let samples: Int
    private let seed: UInt64
    /// Rows per batch.
    private let batch: Int
    private let mu, logVariance, sigma: FloatBuffer
    private let noise, z, decoded, nll: FloatBuffer
    private var logRatio: [Double]
    private var logWeights: [Double] = []

    private var architecture: VAEArchitecture { session.model.architecture }
    /// The decoded rows of a batch should stay in the second-level cache.
    private static let batchBytes = 1 << 19

    init(_ model: VAEModel, samples: Int, seed: UInt64) throws(TrainingError) {
        do throws(ModelError) { session = try VAESession(model) } catch { throw .model(error) }
        let configuration = model.architecture.configuration
        guard !model.architecture.posterior.isDeterministic, configuration.classes == nil else {
            throw .setting(
                "ln p(x) is estimated of models that draw z and have no label; this one has "
                    + (configuration.classes.map { "\($0) classes" } ?? "sigma \"none\""))
        }
        self.samples = samples
        self.seed = seed
        let architecture = model.architecture
        let latent = architecture.latent
        let width = architecture.inputCount
        batch = min(samples, max(16, min(128, Self.batchBytes / (width * MemoryLayout<Float>.size))))
        mu = FloatBuffer(count: latent)
        logVariance = FloatBuffer(count: latent)
        sigma = FloatBuffer(count: latent)
        noise = FloatBuffer(count: batch * latent)
        z = FloatBuffer(count: batch * latent)
        decoded = FloatBuffer(count: batch * width)
        nll = FloatBuffer(count: batch)
        logRatio = Array(repeating: 0, count: batch)
        logWeights.reserveCapacity(samples)
    }

    /// The estimate for x `[C·H·W]`, image number `number` of its set; nil when `shouldStop` says so in between.
    func estimate(
        _ x: UnsafePointer<Float>, number: Int, shouldStop: () -> Bool
    ) throws(TrainingError) -> ImportanceEstimate? {
        do throws(ModelError) {
            try unsafe session.encode(
                rows: 1, x: x, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
            var weights = LogWeights()
            logWeights.removeAll(keepingCapacity: true)
            let stream = RandomStream(seed: seed, domain: .importance, draw: UInt32(number))
            for start in stride(from: 0, to: samples, by: batch) {
                guard !shouldStop() else { return nil }
                let rows = min(batch, samples - start)
                try unsafe decode(rows: rows, firstSample: start, of: stream, x: x)
                for row in 0..<rows {
                    let logWeight = unsafe logRatio[row] - Double(nll.base[row])
                    weights.add(logWeight)
                    logWeights.append(logWeight)
                }
            }
            return ImportanceEstimate(
                bound: weights.bound, jackknife: weights.jackknife(logWeights),
                effectiveSampleSize: weights.effectiveSampleSize)
        } catch { throw .model(error) }
    }

    /// −ln p(x|z) and ln p(z) − ln q(z|x) of samples `firstSample..<firstSample + rows`.
    private func decode(
        rows: Int, firstSample: Int, of stream: RandomStream, x: UnsafePointer<Float>
    ) throws(ModelError) {
        let latent = architecture.latent
        unsafe stream.normals(firstRow: UInt32(firstSample), rows: rows, width: latent, into: noise.base)
        unsafe Posterior.importanceSamples(
            rows: rows, latent: latent, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base,
            noise: noise.base, into: z.base, logRatio: &logRatio)
        try unsafe session.decode(rows: rows, z: z.base, into: decoded.base)
        unsafe architecture.likelihood.negativeLogLikelihood(
            ofOne: x, rows: rows, width: architecture.inputCount, decoded: decoded.base,
            logScale: session.model.logScale, into: nll.base)
    }
}
