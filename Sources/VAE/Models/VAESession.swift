/// One thread's workspace for a model: encodes and decodes rows, in batches of any size.
///
/// Row i of a result depends on row i of the input only, bit for bit, whatever else is in the batch.
@safe public final class VAESession {
    /// What it runs.
    public let model: VAEModel
    private let encoder: InferenceRunner
    private let decoder: InferenceRunner
    private let head: FloatBuffer

    /// Prepares the executables; about a millisecond.
    public init(_ model: VAEModel) throws(ModelError) {
        self.model = model
        encoder = try InferenceRunner(model.encoder, maximumTile: model.tiles.largest)
        decoder = try InferenceRunner(model.decoder, maximumTile: model.tiles.largest)
        head = FloatBuffer(count: model.tiles.largest * 2 * model.architecture.latent)
    }

    /// q(z|x) of `rows` images: x `[rows, C·H·W]` with values 0…1 → μ, ln σ² and σ, each `[rows, latent]`.
    public func encode(
        rows: Int, x: UnsafePointer<Float>, mu: UnsafeMutablePointer<Float>,
        logVariance: UnsafeMutablePointer<Float>, sigma: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        let architecture = model.architecture
        let latent = architecture.latent
        let tile = model.tiles.largest
        for start in stride(from: 0, to: rows, by: tile) {
            let count = min(tile, rows - start)
            try unsafe encoder.run(
                rows: count, tiles: model.tiles, input: x + start * architecture.inputCount, output: head.base)
            unsafe architecture.posterior.forward(
                rows: count, head: head.base, mu: mu + start * latent, logVariance: logVariance + start * latent,
                sigma: sigma + start * latent)
        }
    }

    /// The decoder's raw numbers (logits, for a Bernoulli likelihood) of z `[rows, latent]`: `[rows, C·H·W]`.
    public func decode(
        rows: Int, z: UnsafePointer<Float>, into decoded: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        try unsafe decoder.run(rows: rows, tiles: model.tiles, input: z, output: decoded)
    }
}
