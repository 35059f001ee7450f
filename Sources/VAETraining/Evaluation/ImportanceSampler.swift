internal import VAE

/// One thread's workspace to estimate ln p(x) of image after image with k samples of q(z|x) each.
///
/// The samples of an image are rows of decoding batches; the noise of sample i of image n depends on (seed, n, i) only,
/// and the weights are added in the order of the samples, so an estimate is the same bits wherever it is made.
/// `@unchecked Sendable` because only the thread of its index in a team touches it while the team runs.
@safe final class ImportanceSampler: @unchecked Sendable {
    private let session: ExampleSession
    private let samples: Int
    private let seed: UInt64
    /// Rows per batch.
    private let batch: Int
    private let x, mu, logVariance, sigma: FloatBuffer
    private let noise, z, decoded, nll: FloatBuffer
    private var logRatio: [Double]
    private var logWeights: [Double] = []

    private var architecture: VAEArchitecture { session.model.architecture }
    /// The decoded rows of a batch should stay in the second-level cache.
    private static let batchBytes = 1 << 19

    init(_ model: VAEModel, samples: Int, seed: UInt64) throws(TrainingError) {
        self.samples = samples
        self.seed = seed
        let architecture = model.architecture
        let latent = architecture.latent
        let width = architecture.inputCount
        batch = min(samples, max(16, min(128, Self.batchBytes / (width * MemoryLayout<Float>.size))))
        session = try ExampleSession(model, maximumRows: batch)
        x = FloatBuffer(count: width)
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
            var weights = LogWeights()
            logWeights.removeAll(keepingCapacity: true)
            let stream = RandomStream(seed: seed, domain: .importance, draw: UInt32(number))
            for start in stride(from: 0, to: samples, by: batch) {
                guard !shouldStop() else { return nil }
                let rows = min(batch, samples - start)
                try decode(rows: rows, firstSample: start, of: stream)
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
    private func decode(rows: Int, firstSample: Int, of stream: RandomStream) throws(ModelError) {
        let latent = architecture.latent
        unsafe stream.normals(firstRow: UInt32(firstSample), rows: rows, width: latent, into: noise.base)
        unsafe Posterior.importanceSamples(
            rows: rows, latent: latent, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base,
            noise: noise.base, into: z.base, logRatio: &logRatio)
        try unsafe session.decode(rows: rows, z: z.base, into: decoded.base)
        unsafe architecture.likelihood.negativeLogLikelihood(
            ofOne: x.base, rows: rows, width: architecture.inputCount, decoded: decoded.base,
            logScale: session.model.logScale, into: nll.base)
    }
}
