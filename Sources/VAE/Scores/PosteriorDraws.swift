/// One thread's workspace to draw z from q(z|x) of image after image, and to weigh the draws.
///
/// Draw i depends on the stream and on i only, and the weights are added in the order of the draws, so a result is the same
/// bits whatever `maximumRows` is. Memory is that of `maximumRows` decoded images, and 8 bytes for each draw.
@safe public final class PosteriorDraws {
    /// ln w of the last image's draws.
    public private(set) var logWeights: [Double] = []
    private let model: VAEModel
    private let maximumRows: Int
    private let noise, z, decoded, nll: FloatBuffer
    private var logRatio: [Double]

    /// For `maximumRows` draws at a time.
    public init(_ model: VAEModel, maximumRows: Int) {
        self.model = model
        self.maximumRows = maximumRows
        let architecture = model.architecture
        noise = FloatBuffer(count: maximumRows * architecture.latent)
        z = FloatBuffer(count: maximumRows * architecture.latent)
        decoded = FloatBuffer(count: maximumRows * architecture.inputCount)
        nll = FloatBuffer(count: maximumRows)
        logRatio = Array(repeating: 0, count: maximumRows)
    }

    /// `count` draws for the image x `[C·H·W]` with q(z|x) = N(`mu`, `sigma`²), `[latent]` each; row i of `stream` is the
    /// noise of draw i. `decode` turns z `[rows, latent]` into the decoder's numbers, or says false to give up, and then
    /// the result is nil.
    public func weigh<Failure: Error>(
        _ count: Int, of stream: RandomStream, x: UnsafePointer<Float>, mu: UnsafePointer<Float>,
        logVariance: UnsafePointer<Float>, sigma: UnsafePointer<Float>,
        decode: (_ rows: Int, _ z: UnsafePointer<Float>, _ decoded: UnsafeMutablePointer<Float>) throws(Failure) -> Bool
    ) throws(Failure) -> WeighedDraws? {
        let architecture = model.architecture
        let latent = architecture.latent
        var weights = LogWeights()
        var sum = 0.0
        logWeights.removeAll(keepingCapacity: true)
        for start in stride(from: 0, to: count, by: maximumRows) {
            let rows = min(maximumRows, count - start)
            unsafe stream.normals(firstRow: UInt32(start), rows: rows, width: latent, into: noise.base)
            unsafe Posterior.importanceSamples(
                rows: rows, latent: latent, mu: mu, logVariance: logVariance, sigma: sigma, noise: noise.base,
                into: z.base, logRatio: &logRatio)
            guard try unsafe decode(rows, z.base, decoded.base) else { return nil }
            unsafe architecture.likelihood.negativeLogLikelihood(
                ofOne: x, rows: rows, width: architecture.inputCount, decoded: decoded.base, logScale: model.logScale,
                into: nll.base)
            for row in 0..<rows {
                let cost = unsafe Double(nll.base[row])
                sum += cost
                weights.add(logRatio[row] - cost)
                logWeights.append(logRatio[row] - cost)
            }
        }
        return WeighedDraws(weights: weights, reconstruction: sum / Double(count))
    }
}
