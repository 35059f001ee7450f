internal import VAE

/// A trained model: the known items go through the encoder, and the decoder's numbers for the mean code are the scores
/// (Liang et al. 2018, section 3.3).
final class ModelRecommender: Recommender {
    let name: String
    private let model: VAEModel
    private let session: VAESession

    init(_ model: VAEModel, name: String) throws(TrainingError) {
        self.name = name
        self.model = model
        do throws(ModelError) { session = try VAESession(model) } catch { throw .model(error) }
    }

    func score(
        _ known: SparseRows, _ range: Range<Int>, into scores: UnsafeMutablePointer<Float>
    ) throws(TrainingError) {
        let architecture = model.architecture
        let rows = range.count
        let x = FloatBuffer(scratch: rows * known.width)
        let indices = range.map { UInt32($0) }
        unsafe indices.withUnsafeBufferPointer { indices in
            guard let first = indices.baseAddress else { return }
            unsafe known.gather(first, rows: rows, into: x.base)
        }
        if architecture.normalisesInput {
            unsafe MatrixRows.normalise(x.base, rows: rows, width: known.width)
        }
        let mu = FloatBuffer(count: rows * architecture.latent)
        let logVariance = FloatBuffer(count: mu.count)
        let sigma = FloatBuffer(count: mu.count)
        do throws(ModelError) {
            try unsafe session.encode(
                rows: rows, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
            try unsafe session.decode(rows: rows, z: mu.base, into: scores)
        } catch { throw .model(error) }
    }
}
