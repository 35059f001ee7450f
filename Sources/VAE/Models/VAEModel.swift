/// A trained VAE ready to serve: weights packed, immutable, shared by every worker.
public final class VAEModel: Sendable {
    /// What the model is made of.
    public let architecture: VAEArchitecture
    /// What it computes with.
    public let precision: Precision
    /// What the likelihood's `logScale` is in these weights.
    public let logScale: Float
    let encoder: InferenceNetwork
    let decoder: InferenceNetwork

    /// Packs `parameters`, an arena in the order of `architecture.layout`, and tries the model out: weights whose
    /// results are not finite are refused. Throws also when this processor cannot compute in `precision`.
    public init(
        _ architecture: VAEArchitecture, parameters: FloatBuffer, precision: Precision = .f32
    ) throws(ModelError) {
        precondition(parameters.count == architecture.layout.count, "the arena does not belong to the architecture")
        self.architecture = architecture
        self.precision = precision
        logScale = unsafe architecture.logScale(in: parameters.base)
        var parts = [(architecture.encoder, architecture.encoderOffset)]
        if let head = architecture.head {
            let network = try Network(
                [.linear(inputs: head.inputs, outputs: head.outputs)], inputShape: head.inputShape, name: "head")
            parts.append((network, architecture.headOffset))
        }
        encoder = try InferenceNetwork(parts, parameters: parameters, precision: precision)
        decoder = try InferenceNetwork(
            [(architecture.decoder, architecture.decoderOffset)], parameters: parameters, precision: precision)
        try encoder.checkFinite()
        try decoder.checkFinite()
    }
}
