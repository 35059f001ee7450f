/// One thread's workspace for a model: encodes and decodes rows, in batches of any size.
///
/// Row i of a result depends on row i of the input only, bit for bit, whatever else is in the batch.
@safe public final class VAESession {
    /// What it runs.
    public let model: VAEModel
    private let encoder: InferenceRunner
    private let decoder: InferenceRunner
    private let tile: Int
    private let head: FloatBuffer

    /// Allocates room for the activations of a batch.
    public init(_ model: VAEModel) throws(ModelError) {
        self.model = model
        tile = model.encoder.maximumTile
        encoder = InferenceRunner(model.encoder, maximumTile: tile)
        decoder = InferenceRunner(model.decoder, maximumTile: model.decoder.maximumTile)
        head = FloatBuffer(count: tile * model.architecture.posterior.headWidth)
    }

    /// q(z|x) of `rows` images: x `[rows, C·H·W]` with values 0…1 → μ, ln σ² and σ, each `[rows, latent]`. A row of a
    /// conditional model has its label behind it: `architecture.encoderInputCount` numbers.
    public func encode(
        rows: Int, x: UnsafePointer<Float>, mu: UnsafeMutablePointer<Float>,
        logVariance: UnsafeMutablePointer<Float>, sigma: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        let architecture = model.architecture
        let latent = architecture.latent
        for start in stride(from: 0, to: rows, by: tile) {
            let count = min(tile, rows - start)
            unsafe encoder.run(rows: count, input: x + start * architecture.encoderInputCount, output: head.base)
            unsafe architecture.posterior.forward(
                rows: count, head: head.base, mu: mu + start * latent, logVariance: logVariance + start * latent,
                sigma: sigma + start * latent)
        }
    }

    /// The decoder's raw numbers (logits, for a Bernoulli likelihood) of z `[rows, latent]`: `[rows, C·H·W]`. A
    /// row of a conditional model has its label behind it: `architecture.decoderInputCount` numbers.
    public func decode(
        rows: Int, z: UnsafePointer<Float>, into decoded: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        unsafe decoder.run(rows: rows, input: z, output: decoded)
    }
}
