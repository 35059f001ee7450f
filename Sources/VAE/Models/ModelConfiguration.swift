/// What a checkpoint says about its model: everything needed to build it, nothing about how it was trained.
public struct ModelConfiguration: Hashable, Sendable, Codable {
    /// Shape of one image, `[C, H, W]`.
    public var input: [Int]
    /// Number of latent dimensions.
    public var latent: Int
    /// From the flattened image to the features that the two heads `mu` and `sigma` read, or to the code itself.
    public var encoder: [LayerConfiguration]
    /// From z to the parameters of p(x|z), one per pixel.
    public var decoder: [LayerConfiguration]
    /// p(x|z).
    public var likelihood: Likelihood
    /// What the `sigma` head predicts.
    public var sigma: SigmaHead
    /// Bounds of ln σ²; outside them the head has no effect, so that no exponential can overflow.
    public var logVarianceClamp: [Float]
    /// Number of classes of a conditional model (Sohn et al. 2015, "Learning structured output representation using deep
    /// conditional generative models"), whose encoder and decoder are given the label too, as that many numbers behind
    /// the image and behind z: 1 for the class, 0 for the others. Nil for all other models.
    public var classes: Int?

    /// Number of classes that the decoder tells apart, if it gives their logits instead of an image: a classifier, made by
    /// fine-tuning the encoder of an autoencoder (Vincent et al. 2010). Nil for all other models.
    public var predictedClasses: Int?

    private enum CodingKeys: String, CodingKey {
        case input, latent, encoder, decoder, likelihood, sigma, classes
        case predictedClasses = "predicted_classes"
        case logVarianceClamp = "log_variance_clamp"
    }

    /// What the second head of the encoder predicts; never inferred, always stated.
    public enum SigmaHead: String, Hashable, Sendable, Codable, CaseIterable {
        /// ln σ².
        case logVariance = "log_variance"
        /// ln σ, as in the IWAE authors' code.
        case logSigma = "log_sigma"
        /// There is no such head, and none for μ: the encoder's output is the code, σ is 0, and the KL divergence counts
        /// as 0. A plain autoencoder.
        case deterministic = "none"

        /// Reads its name.
        public init(from decoder: any Decoder) throws { try self.init(named: "sigma", from: decoder) }
    }

    /// The largest image or layer accepted from a file: 64 Mi numbers.
    public static let maximumRowElements = 1 << 26
    /// The largest number of layers accepted from a file, encoder and decoder each.
    public static let maximumLayers = 256

    /// Describes a model; `VAEArchitecture` checks it.
    public init(
        input: [Int], latent: Int, encoder: [LayerConfiguration], decoder: [LayerConfiguration],
        likelihood: Likelihood = .bernoulli, sigma: SigmaHead = .logVariance, logVarianceClamp: [Float] = [-10, 10],
        classes: Int? = nil, predictedClasses: Int? = nil
    ) {
        self.input = input
        self.latent = latent
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood
        self.sigma = sigma
        self.logVarianceClamp = logVarianceClamp
        self.classes = classes
        self.predictedClasses = predictedClasses
    }

    /// Reads the JSON form. Nothing that matters has a default, since nothing may be guessed: only the classes may
    /// be absent, and `log_variance_clamp` without a σ head.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        input = try container.decodePlaced([Int].self, forKey: .input)
        latent = try container.decodePlaced(Int.self, forKey: .latent)
        encoder = try container.decode([LayerConfiguration].self, forKey: .encoder)
        self.decoder = try container.decode([LayerConfiguration].self, forKey: .decoder)
        likelihood = try container.decode(Likelihood.self, forKey: .likelihood)
        sigma = try container.decode(SigmaHead.self, forKey: .sigma)
        let needsClamp = sigma != .deterministic || container.contains(.logVarianceClamp)
        logVarianceClamp = needsClamp ? try container.decodePlaced([Float].self, forKey: .logVarianceClamp) : [-10, 10]
        classes = container.contains(.classes) ? try container.decodePlaced(Int.self, forKey: .classes) : nil
        let predicts = container.contains(.predictedClasses)
        predictedClasses = predicts ? try container.decodePlaced(Int.self, forKey: .predictedClasses) : nil
    }

    /// A dense VAE: `hidden` layers towards the latent code, and the same mirrored back.
    ///
    /// `hidden: [400]`, `latent: 20` on 28×28 images is the VAE of the PyTorch examples (Kingma & Welling 2014). With
    /// `classes` its first layers take the label too.
    public static func dense(
        input: [Int], hidden: [Int], latent: Int, activation: Activation = .relu, classes: Int? = nil
    ) -> ModelConfiguration {
        let pixels = input.reduce(1, *)
        func chain(_ widths: [Int]) -> [LayerConfiguration] {
            zip(widths, widths.dropFirst()).flatMap { [.linear(inputs: $0, outputs: $1), .activation(activation)] }
        }
        let label = classes ?? 0
        let back = [latent + label] + hidden.reversed()
        let last = LayerConfiguration.linear(inputs: back[back.count - 1], outputs: pixels)
        return ModelConfiguration(
            input: input, latent: latent, encoder: chain([pixels + label] + hidden), decoder: chain(back) + [last],
            classes: classes)
    }
}
