/// One thread's share of training: the forward and backward pass over a few rows, with weights in a shared arena.
@safe public final class TrainableVAE {
    /// What it is made of.
    public let architecture: VAEArchitecture
    private let encoder: TrainingNetwork
    private let head: (any TrainingKernel)?
    private let decoder: TrainingNetwork
    private let headValues: FloatBuffer
    private let headGradient: FloatBuffer
    private let featureGradient: FloatBuffer
    /// A copy of the decoder's numbers for the caller to overwrite, where a backward pass reads the numbers themselves:
    /// behind a last activation, or when z is what the decoder gives.
    private let decodedCopy: FloatBuffer?
    private var features: UnsafePointer<Float>?

    /// Of the last forward pass, `[rows, latent]` each.
    public let mu, logVariance, sigma, z: FloatBuffer

    /// Makes room for `maximumRows` rows at a time.
    public init(_ architecture: VAEArchitecture, maximumRows: Int) throws(ModelError) {
        guard architecture.configuration.classes == nil else {
            throw .configuration("a conditional model cannot be trained yet")
        }
        self.architecture = architecture
        encoder = try TrainingNetwork(
            architecture.encoder, parameterOffset: architecture.encoderOffset, maximumRows: maximumRows)
        decoder = try TrainingNetwork(
            architecture.decoder, parameterOffset: architecture.decoderOffset, maximumRows: maximumRows)
        head = try architecture.head?.makeTrainingKernel()
        headValues = FloatBuffer(count: maximumRows * architecture.posterior.headWidth)
        headGradient = FloatBuffer(count: maximumRows * architecture.posterior.headWidth)
        featureGradient = FloatBuffer(count: maximumRows * architecture.encoder.outputShape.elementCount)
        let last = architecture.decoder.layers.last?.layer
        let isReadAgain = last == nil || last?.fusibleActivation != nil
        decodedCopy = isReadAgain ? FloatBuffer(count: maximumRows * architecture.inputCount) : nil
        mu = FloatBuffer(count: maximumRows * architecture.latent)
        logVariance = FloatBuffer(count: maximumRows * architecture.latent)
        sigma = FloatBuffer(count: maximumRows * architecture.latent)
        z = FloatBuffer(count: maximumRows * architecture.latent)
    }

    /// x `[rows, C·H·W]` → q(z|x) → z = μ + σ·noise → the decoder's numbers `[rows, C·H·W]`, which are returned and
    /// may be overwritten. Fills `mu`, `logVariance`, `sigma` and `z`. `x` must stay in place until `backward`.
    public func forward(
        rows: Int, x: UnsafePointer<Float>, noise: UnsafePointer<Float>, parameters: UnsafePointer<Float>
    ) throws(ModelError) -> UnsafeMutablePointer<Float> {
        let features = try unsafe encoder.forward(rows: rows, input: x, parameters: parameters)
        unsafe self.features = UnsafePointer(features)
        try unsafe head?.forward(
            rows: rows, input: features, parameters: parameters + architecture.headOffset, output: headValues.base)
        unsafe architecture.posterior.forward(
            rows: rows, head: head == nil ? features : headValues.base, mu: mu.base, logVariance: logVariance.base,
            sigma: sigma.base)
        unsafe Posterior.sample(
            count: rows * architecture.latent, mu: mu.base, sigma: sigma.base, noise: noise, into: z.base)
        let decoded = try unsafe decoder.forward(rows: rows, input: z.base, parameters: parameters)
        guard let decodedCopy else { return unsafe decoded }
        unsafe decodedCopy.base.update(from: decoded, count: rows * architecture.inputCount)
        return unsafe decodedCopy.base
    }

    /// Overwrites `gradient`, an arena like `parameters`, with the gradient of the loss whose derivative at the
    /// decoder's numbers is `decodedGradient`, plus `klScale` times the KL divergence summed over rows and dimensions.
    public func backward(
        rows: Int, x: UnsafePointer<Float>, noise: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        decodedGradient: UnsafePointer<Float>, klScale: Float, gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        let latentGradient = try unsafe decoder.backward(
            rows: rows, input: z.base, parameters: parameters, outputGradient: decodedGradient,
            parameterGradient: gradient, needsInputGradient: true)
        unsafe architecture.posterior.backward(
            rows: rows, head: headValues.base, sigma: sigma.base, noise: noise, latentGradient: latentGradient,
            klScale: klScale, into: headGradient.base)
        let offset = architecture.headOffset
        guard let features = unsafe features else { preconditionFailure("backward without a forward pass") }
        try unsafe head?.backward(
            rows: rows, input: features, output: headValues.base, parameters: parameters + offset,
            outputGradient: headGradient.base, inputGradient: featureGradient.base,
            parameterGradient: gradient + offset)
        try unsafe encoder.backward(
            rows: rows, input: x, parameters: parameters,
            outputGradient: head == nil ? headGradient.base : featureGradient.base,
            parameterGradient: gradient, needsInputGradient: false)
    }
}
