/// A trained VAE ready to serve: weights packed, immutable, shared by every worker.
public final class VAEModel: Sendable {
    /// What the model is made of.
    public let architecture: VAEArchitecture
    let encoder: InferenceNetwork
    let decoder: InferenceNetwork
    let tiles: TileSizes

    /// Packs `parameters`, an arena in the order of `architecture.layout`, and tries the model out: every tile size
    /// that would change a row's bits is left out, and weights whose results are not finite are refused.
    public init(_ architecture: VAEArchitecture, parameters: FloatBuffer) throws(ModelError) {
        precondition(parameters.count == architecture.layout.count, "the arena does not belong to the architecture")
        self.architecture = architecture
        KernelThread.begin()  // the trial below would otherwise start a team of threads
        let base = unsafe UnsafePointer(parameters.base)
        let body = try unsafe InferenceNetwork(architecture.encoder, parameters: base + architecture.encoderOffset)
        // One "network" of the head alone: the encoder and its head then run tile by tile as one chain.
        let headNetwork = try Network(
            [.linear(inputs: architecture.head.inputs, outputs: architecture.head.outputs)],
            inputShape: architecture.head.inputShape, name: "head")
        let head = try unsafe InferenceNetwork(headNetwork, parameters: base + architecture.headOffset)
        encoder = InferenceNetwork(joining: [body, head])
        decoder = try unsafe InferenceNetwork(architecture.decoder, parameters: base + architecture.decoderOffset)
        let rows = min(encoder.maximumTile, decoder.maximumTile)
        let ofEncoder = try TileTrial.agreeingSizes(encoder, rows: rows)
        let ofDecoder = try TileTrial.agreeingSizes(decoder, rows: rows)
        tiles = TileSizes(sizes: ofEncoder.sizes.filter(ofDecoder.sizes.contains))
    }
}
