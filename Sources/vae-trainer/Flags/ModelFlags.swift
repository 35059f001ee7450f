public import ArgumentParser
public import VAE
public import VAETraining

extension ActivationName: ExpressibleByArgument {}
extension ArchitectureName: ExpressibleByArgument {}
extension InitialWeights: ExpressibleByArgument {}
extension ModelConfiguration.SigmaHead: ExpressibleByArgument {}

/// The layers.
struct ModelFlags: ParsableArguments {
    @Option(
        help:
            "mlp: linear layers, for images of any size. conv64: the convolutions of disentanglement_lib, for 64×64; slower, and sharper for less memory. conv: convolutions that halve the image, of --channels. (default: mlp)"
    )
    var architecture: ArchitectureName?

    @Option(
        parsing: .upToNextOption,
        help: .init(
            "Of mlp: widths of the encoder's hidden layers, mirrored in the decoder; 0 for none. (default: 400)",
            valueName: "width"
        ))
    var hidden: [Int] = []

    @Option(
        help:
            "Numbers in the code z: fewer compress more, more reconstruct better. (default: 20; conv: 128; conv64: 10)")
    var latent: Int?

    @Option(
        help:
            "Of mlp and conv: what follows each hidden layer: relu, tanh, sigmoid, silu or leaky_relu. (default: relu)"
    )
    var activation: ActivationName?

    @Option(
        parsing: .upToNextOption,
        help: .init("Of conv: channels of its convolutions. (default: 64 128 256)", valueName: "channels"))
    var channels: [Int] = []

    @Option(help: .init("Of conv: width of the layer before the code. (default: 512)", valueName: "width"))
    var features: Int?

    @Option(
        help:
            "p(x|z): bernoulli, continuous_bernoulli, gaussian, discretized_logistic or multinomial. (default: bernoulli)"
    )
    var likelihood: String?

    @Option(
        help:
            "Of gaussian and discretized_logistic: a number, learned, or optimal (gaussian: by minibatch, Rybkin 2021). (default: learned)"
    )
    var scale: String?

    @Option(help: "What the σ head predicts: log_variance or log_sigma. (default: log_variance)")
    var sigmaHead: ModelConfiguration.SigmaHead?

    @Option(
        help:
            "Of --objective autoencoder: what follows the code, such as sigmoid. (default: nothing; with --sparsity a sigmoid)"
    )
    var codeActivation: ActivationName?

    @Flag(help: "Give encoder and decoder the image's label too (Sohn 2015).")
    var conditional = false

    @Option(
        help:
            "What the weights begin with: pytorch (its layers' defaults) or glorot, for tanh and sigmoid. (default: pytorch)"
    )
    var initialWeights: InitialWeights?

    @Option(help: .init("Begin with the weights of this checkpoint: fine-tuning.", valueName: "file.safetensors"))
    var startFrom: String?

    /// `settings` with every flag that was given.
    func apply(to settings: inout TrainingSettings) throws {
        settings.architecture = architecture ?? settings.architecture
        if !hidden.isEmpty { settings.hidden = hidden == [0] ? [] : hidden }
        settings.latent = latent ?? settings.latent
        if likelihood != nil || scale != nil {
            let name = likelihood ?? settings.likelihood.name
            settings.objective.takesOptimalScale = scale == "optimal"
            do { settings.likelihood = try Likelihood(name: name, scale: scale == "optimal" ? "learned" : scale) } catch
            {
                let advice = likelihood == nil ? "; a scale is of --likelihood gaussian or discretized_logistic" : ""
                throw ValidationError(
                    "\(scale.map { "--scale \($0)" } ?? "--likelihood \(name)"): \(error)\(advice)")
            }
        }
        settings.activation = activation ?? settings.activation
        if !channels.isEmpty { settings.channels = channels }
        settings.features = features ?? settings.features
        settings.sigma = sigmaHead ?? settings.sigma
        settings.codeActivation = codeActivation ?? settings.codeActivation
        if conditional { settings.isConditional = true }
        settings.initialWeights = initialWeights ?? settings.initialWeights
        settings.startFrom = startFrom ?? settings.startFrom
    }

    /// Layers that another architecture has are a misunderstanding. (Of a resumed run the flags are left out.)
    func validate() throws {
        let given = architecture ?? .mlp
        func require(_ flag: String, isGiven: Bool, of owners: [ArchitectureName]) throws {
            guard isGiven, !owners.contains(given) else { return }
            let names = owners.map(\.rawValue).joined(separator: " and ")
            throw ValidationError(
                "\(flag) is of --architecture \(names), and this is \(given.rawValue); leave it out, "
                    + "or say --architecture \(owners[0].rawValue)")
        }
        try require("--hidden", isGiven: !hidden.isEmpty, of: [.mlp])
        try require("--activation", isGiven: activation != nil, of: [.mlp, .conv])
        try require("--channels", isGiven: !channels.isEmpty, of: [.conv])
        try require("--features", isGiven: features != nil, of: [.conv])
    }
}
