/// A model configuration that has been checked, as networks with shapes and a place for every parameter.
public struct VAEArchitecture: Sendable {
    /// What it was built from.
    public let configuration: ModelConfiguration
    /// Shape of one image, `[C, H, W]`.
    public let inputShape: Shape
    /// Where every tensor lies in the arena: encoder, heads, decoder, learned scale.
    public let layout: ParameterLayout
    /// The heads' numbers as a distribution.
    public let posterior: Posterior
    /// From image to features.
    let encoder: Network
    /// μ and σ heads as one linear layer `[2·latent, features]`: one product instead of two. Nil when the features are
    /// the code.
    let head: Linear?
    /// From z to the likelihood's parameters.
    let decoder: Network

    /// First float of the encoder, the heads and the decoder in the arena.
    var encoderOffset: Int { 0 }
    var headOffset: Int { encoder.parameterCount }
    var decoderOffset: Int { headOffset + (head?.parameterCount ?? 0) }
    /// Where the decoder's parameters lie in the arena.
    public var decoderParameters: Range<Int> { decoderOffset..<layout.count }

    /// Number of pixels of one image, over all channels.
    public var inputCount: Int { inputShape.elementCount }
    /// Number of numbers that the decoder gives: one per pixel, or one per class that it tells apart.
    public var outputCount: Int { configuration.predictedClasses ?? inputCount }
    /// Number of latent dimensions.
    public var latent: Int { configuration.latent }
    /// Numbers in a row that the encoder takes: the pixels, and the label of a conditional model.
    public var encoderInputCount: Int { encoder.inputShape.elementCount }
    /// Numbers in a row that the decoder takes: z, and the label of a conditional model.
    public var decoderInputCount: Int { decoder.inputShape.elementCount }
    /// p(x|z).
    public var likelihood: Likelihood { configuration.likelihood }
    /// Whether the encoder sees rows of unit length: counts, of which some have many more than others (Liang et al. 2018).
    public var normalisesInput: Bool { likelihood == .multinomial && configuration.predictedClasses == nil }

    /// Where a learned scale's logarithm lies in the arena: its last number. Nil when nothing is learned.
    public let logScaleOffset: Int?
    /// The logarithm of a fixed scale; 0 for likelihoods without one.
    private let fixedLogScale: Float

    /// The likelihood's `logScale` in `parameters`, an arena in the order of `layout`: what it has learned, or the
    /// logarithm of its fixed scale; 0 for likelihoods without one.
    public func logScale(in parameters: UnsafePointer<Float>) -> Float {
        logScaleOffset.map { unsafe parameters[$0] } ?? fixedLogScale
    }

    /// Checks that every layer fits the one before it, before anything is allocated.
    public init(_ configuration: ModelConfiguration) throws(ModelError) {
        let inputShape = Shape(configuration.input)
        guard configuration.input.count == 3,
            inputShape.elementCount(limit: ModelConfiguration.maximumRowElements) != nil
        else { throw .configuration("input must be [channels, height, width], each at least 1; found \(inputShape)") }
        guard configuration.input[0] == 1 || configuration.input[0] == 3 else {
            throw .configuration("input must have 1 channel (grey) or 3 (RGB); found \(configuration.input[0])")
        }
        guard (1...(1 << 20)).contains(configuration.latent) else {
            throw .configuration("latent must be 1…1048576; found \(configuration.latent)")
        }
        let clamp = configuration.logVarianceClamp
        guard clamp.count == 2, clamp[0] < clamp[1], clamp[0] >= -80, clamp[1] <= 80 else {
            throw .configuration("log_variance_clamp must be [low, high] within −80…80; found \(clamp)")
        }
        for (name, layers) in [("encoder", configuration.encoder), ("decoder", configuration.decoder)] {
            guard layers.count <= ModelConfiguration.maximumLayers else {
                throw .configuration("\(name) has \(layers.count) layers; at most \(ModelConfiguration.maximumLayers)")
            }
        }
        let (encoderInput, decoderInput) = try Self.inputShapes(configuration, image: inputShape)
        let encoder = try Network(configuration.encoder, inputShape: encoderInput, name: "encoder")
        let decoder = try Network(configuration.decoder, inputShape: decoderInput, name: "decoder")
        try Self.checkOutput(decoder.outputShape, of: configuration, image: inputShape)
        // The one mistake that would load and serve wrong images: PyTorch models often end in the sigmoid.
        let likelihood = configuration.likelihood
        if likelihood.takesLogits, configuration.decoder.last == .activation(.sigmoid) {
            throw .configuration(
                "decoder.\(configuration.decoder.count - 1) is a sigmoid; likelihood \(likelihood.name) expects "
                    + "logits, so leave it out")
        }
        if case .fixed(let scale) = likelihood.scale {
            guard LikelihoodScale.bounds.contains(scale) else {
                throw .configuration(
                    "likelihood \(likelihood.name) has scale \(scale); expected \(LikelihoodScale.bounds.lowerBound)"
                        + "…\(LikelihoodScale.bounds.upperBound)")
            }
            fixedLogScale = Float(naturalLogarithm(Double(scale)))
        } else {
            fixedLogScale = 0
        }
        let features = encoder.outputShape.elementCount
        let isDeterministic = configuration.sigma == .deterministic
        guard !isDeterministic || features == configuration.latent else {
            throw .configuration(
                "with sigma \"none\" the encoder's output is the code, so it must give latent = "
                    + "\(configuration.latent) numbers; it gives \(features)")
        }
        self.configuration = configuration
        self.inputShape = inputShape
        self.encoder = encoder
        self.decoder = decoder
        head = isDeterministic ? nil : Linear(inputs: features, outputs: 2 * configuration.latent)
        posterior = Posterior(configuration)
        var layout = Self.layout(encoder: encoder, head: head, latent: configuration.latent, decoder: decoder)
        logScaleOffset = likelihood.scale == .learned ? layout.count : nil
        if likelihood.scale == .learned {
            let one = ParameterSpecification(name: "log_scale", shape: [1], fanIn: 1, fanOut: 1)
            layout.append(one, name: LikelihoodScale.tensorName)
        }
        self.layout = layout
    }

    /// What the decoder gives.
    private static func checkOutput(
        _ output: Shape, of configuration: ModelConfiguration, image: Shape
    ) throws(ModelError) {
        if let classes = configuration.predictedClasses {
            guard (2...maximumClasses).contains(classes), configuration.likelihood == .multinomial,
                output.elementCount == classes
            else {
                throw .configuration(
                    "predicted_classes is \(classes): expected 2…\(maximumClasses), likelihood multinomial and as many "
                        + "numbers from the decoder, which gives \(output.elementCount)")
            }
            return
        }
        guard output.elementCount == image.elementCount else {
            throw .configuration(
                "the decoder must give \(image.elementCount) numbers, one per pixel of \(image); "
                    + "it gives \(output.elementCount)")
        }
        guard output.extents.count == 1 || output == image else {
            throw .configuration("the decoder must give images \(image) or one vector; it gives \(output)")
        }
    }

    /// What the encoder and the decoder are given. With the label behind it, an image is a vector, so the first layer
    /// must be linear.
    private static func inputShapes(
        _ configuration: ModelConfiguration, image: Shape
    ) throws(ModelError) -> (encoder: Shape, decoder: Shape) {
        guard let classes = configuration.classes else { return (image, [configuration.latent]) }
        guard (2...maximumClasses).contains(classes) else {
            throw .configuration("classes must be 2…\(maximumClasses), or left out; found \(classes)")
        }
        for (name, layers) in [("encoder", configuration.encoder), ("decoder", configuration.decoder)] {
            guard case .linear = layers.first(where: { $0 != .flatten }) else {
                throw .configuration(
                    "a conditional model's \(name) must begin with a linear layer, which takes the "
                        + "\(classes) numbers of the label behind the others")
            }
        }
        return ([image.elementCount + classes], [configuration.latent + classes])
    }
    private static let maximumClasses = 1 << 16

    /// The head's rows are μ's and then σ's, so the file's four tensors are slices of the fused layer.
    private static func layout(encoder: Network, head: Linear?, latent: Int, decoder: Network) -> ParameterLayout {
        var layout = ParameterLayout()
        layout.append(encoder, prefix: "encoder")
        if let head {
            func half(_ name: String, _ shape: Shape) -> ParameterSpecification {
                ParameterSpecification(name: name, shape: shape, fanIn: head.inputs, fanOut: latent)
            }
            layout.append(half("weight", [latent, head.inputs]), name: "mu.weight")
            layout.append(half("weight", [latent, head.inputs]), name: "sigma.weight")
            layout.append(half("bias", [latent]), name: "mu.bias")
            layout.append(half("bias", [latent]), name: "sigma.bias")
        }
        layout.append(decoder, prefix: "decoder")
        return layout
    }
}
