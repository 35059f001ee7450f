internal import CTensorKernels

/// One thread's share of training: the forward and backward pass over a few rows, with weights in a shared arena.
///
/// x → q(z|x) → `samples` draws of z a row → the decoder's numbers, and back. What the loss makes of the posterior is
/// the caller's: it fills `headGradient` between the two halves of the way back.
@safe public final class TrainableVAE {
    /// What it is made of.
    public let architecture: VAEArchitecture
    /// Draws of z for each row.
    public let samples: Int
    private let encoder: TrainingNetwork
    private let head: (any TrainingKernel)?
    private let decoder: TrainingNetwork
    private let featureGradient: FloatBuffer
    /// A copy of the decoder's numbers for the caller to overwrite, where a backward pass reads the numbers themselves:
    /// behind a last activation, or when z is what the decoder gives.
    private let decodedCopy: FloatBuffer?
    /// What the decoder is given where that is not z as it is: with labels behind it, or the rows that `keep` left.
    private let preparedCodes: FloatBuffer
    private var features: UnsafePointer<Float>?
    private var codes: UnsafePointer<Float>
    /// Of the factors of products in linear layers, from the next forward pass on; the way back takes the same. Sums,
    /// gradients and weights are float32 in either.
    public var precision = Precision.f32 {
        didSet {
            guard precision != oldValue else { return }
            encoder.use(precision)
            head?.use(precision)
            decoder.use(precision)
        }
    }
    private var classes: Int { architecture.configuration.classes ?? 0 }

    /// Of a conditional model: the labels of the rows, one-hot, `[rows, classes]`, for the caller to fill before
    /// `forward`. x must have them behind its pixels too.
    public let labels: FloatBuffer
    /// Of the last forward pass, `[rows, latent]` each.
    public let mu, logVariance, sigma: FloatBuffer
    /// Of the last forward pass, `[rows, samples, latent]`.
    public let z: FloatBuffer
    /// The numbers of the heads, `[rows, 2·latent]`, and the gradient that `backwardEncoder` takes.
    public let headValues, headGradient: FloatBuffer

    /// Makes room for `maximumRows` rows at a time, with `samples` draws of z each.
    public init(_ architecture: VAEArchitecture, maximumRows: Int, samples: Int = 1) throws(ModelError) {
        self.architecture = architecture
        self.samples = samples
        let codeRows = maximumRows * samples
        encoder = try TrainingNetwork(
            architecture.encoder, parameterOffset: architecture.encoderOffset, maximumRows: maximumRows)
        decoder = try TrainingNetwork(
            architecture.decoder, parameterOffset: architecture.decoderOffset, maximumRows: codeRows)
        head = try architecture.head?.makeTrainingKernel()
        headValues = FloatBuffer(count: maximumRows * architecture.posterior.headWidth)
        headGradient = FloatBuffer(count: maximumRows * architecture.posterior.headWidth)
        featureGradient = FloatBuffer(count: maximumRows * architecture.encoder.outputShape.elementCount)
        let last = architecture.decoder.layers.last?.layer
        let isReadAgain = last == nil || last?.fusibleActivation != nil
        decodedCopy = isReadAgain ? FloatBuffer(count: codeRows * architecture.outputCount) : nil
        mu = FloatBuffer(count: maximumRows * architecture.latent)
        logVariance = FloatBuffer(count: maximumRows * architecture.latent)
        sigma = FloatBuffer(count: maximumRows * architecture.latent)
        z = FloatBuffer(count: codeRows * architecture.latent)
        let classes = architecture.configuration.classes ?? 0
        labels = FloatBuffer(count: maximumRows * classes)
        preparedCodes = FloatBuffer(count: samples > 1 || classes > 0 ? codeRows * (architecture.latent + classes) : 0)
        unsafe codes = UnsafePointer(z.base)
    }

    /// x `[rows, C·H·W]` → q(z|x) → z = μ + σ·noise `[rows, samples, latent]` → the decoder's numbers
    /// `[rows·samples, C·H·W]`, which are returned and may be overwritten. `samples` is that of `init` unless given,
    /// and at most that. `x` must stay in place until the way back.
    public func forward(
        rows: Int, x: UnsafePointer<Float>, noise: UnsafePointer<Float>, samples: Int? = nil,
        parameters: UnsafePointer<Float>
    ) throws(ModelError) -> UnsafeMutablePointer<Float> {
        let samples = samples ?? self.samples
        let features = try unsafe encoder.forward(rows: rows, input: x, parameters: parameters)
        unsafe self.features = UnsafePointer(features)
        try unsafe head?.forward(
            rows: rows, input: features, parameters: parameters + architecture.headOffset, output: headValues.base)
        unsafe architecture.posterior.forward(
            rows: rows, head: head == nil ? features : headValues.base, mu: mu.base, logVariance: logVariance.base,
            sigma: sigma.base)
        unsafe tk_importance_samples(rows, samples, architecture.latent, mu.base, sigma.base, noise, z.base)
        unsafe codes = UnsafePointer(z.base)
        if classes > 0 {
            unsafe MatrixRows.join(
                z.base, left: architecture.latent, labels.base, right: classes, rows: rows * samples, repeats: samples,
                into: preparedCodes.base)
            unsafe codes = UnsafePointer(preparedCodes.base)
        }
        let decoded = try unsafe decoder.forward(rows: rows * samples, input: codes, parameters: parameters)
        guard let decodedCopy else { return unsafe decoded }
        unsafe decodedCopy.base.update(from: decoded, count: rows * samples * architecture.outputCount)
        return unsafe decodedCopy.base
    }

    /// Forgets all draws of the last forward pass but those numbered `indices`, in ascending order: `backwardDecoder`
    /// then takes only these. The decoder's numbers are the caller's to move.
    public func keep(_ indices: [UInt32]) {
        if classes == 0 { unsafe preparedCodes.base.update(from: z.base, count: z.count) }
        unsafe tk_keep_rows(indices.count, architecture.decoderInputCount, indices, preparedCodes.base)
        unsafe codes = UnsafePointer(preparedCodes.base)
        decoder.keep(indices, includingOutput: decodedCopy != nil)
    }

    /// The first half of the way back: overwrites the decoder's part of `gradient`, an arena like `parameters`, given
    /// the loss's derivative at the decoder's numbers; returns that at z, `[rows, latent]`.
    public func backwardDecoder(
        rows: Int, parameters: UnsafePointer<Float>, decodedGradient: UnsafePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) -> UnsafePointer<Float> {
        let codeGradient = try unsafe decoder.backward(
            rows: rows, input: codes, parameters: parameters, outputGradient: decodedGradient,
            parameterGradient: gradient, needsInputGradient: true)
        if classes > 0 {
            unsafe MatrixRows.keepLeft(
                UnsafeMutablePointer(mutating: codeGradient), rows: rows, left: architecture.latent, right: classes)
        }
        return unsafe codeGradient
    }

    /// The second half: overwrites the encoder's and the heads' part of `gradient`, given `headGradient`.
    public func backwardEncoder(
        rows: Int, x: UnsafePointer<Float>, parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
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

    /// Both halves for one draw of z a row and a loss with `klScales[j]` times the KL divergence of dimension j.
    public func backward(
        rows: Int, x: UnsafePointer<Float>, noise: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        decodedGradient: UnsafePointer<Float>, klScales: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        let latentGradient = try unsafe backwardDecoder(
            rows: rows, parameters: parameters, decodedGradient: decodedGradient, gradient: gradient)
        unsafe architecture.posterior.backward(
            rows: rows, head: headValues.base, sigma: sigma.base, noise: noise, latentGradient: latentGradient,
            klScales: klScales, into: headGradient.base)
        try unsafe backwardEncoder(rows: rows, x: x, parameters: parameters, gradient: gradient)
    }
}
