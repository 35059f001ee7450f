public import ArgumentParser
public import VAETraining

extension ActivationName: ExpressibleByArgument {}
extension ArchitectureName: ExpressibleByArgument {}
extension InitialWeights: ExpressibleByArgument {}

/// The layers.
struct ModelFlags: ParsableArguments {
    @Option(
        help:
            "mlp: linear layers, for images of any size. conv64: the convolutions of disentanglement_lib, for 64×64; slower, and sharper for less memory. (default: mlp)"
    )
    var architecture: ArchitectureName?

    @Option(
        parsing: .upToNextOption,
        help: .init(
            "Of mlp: widths of the encoder's hidden layers, mirrored in the decoder. (default: 400)", valueName: "width"
        ))
    var hidden: [Int] = []

    @Option(help: "Numbers in the code z: fewer compress more, more reconstruct better. (default: 20; conv64: 10)")
    var latent: Int?

    @Option(help: "Of mlp: what follows each hidden layer: relu, tanh, sigmoid, silu or leaky_relu. (default: relu)")
    var activation: ActivationName?

    @Option(
        help:
            "What the weights begin with: pytorch (its layers' defaults) or glorot, for tanh and sigmoid. (default: pytorch)"
    )
    var initialWeights: InitialWeights?

    @Option(help: .init("Begin with the weights of this checkpoint: fine-tuning.", valueName: "file.safetensors"))
    var startFrom: String?

    /// `settings` with every flag that was given.
    func apply(to settings: inout TrainingSettings) {
        settings.architecture = architecture ?? settings.architecture
        if !hidden.isEmpty { settings.hidden = hidden }
        settings.latent = latent ?? settings.latent
        settings.activation = activation ?? settings.activation
        settings.initialWeights = initialWeights ?? settings.initialWeights
        settings.startFrom = startFrom ?? settings.startFrom
    }

    func validate() throws {
        guard architecture == .conv64 else { return }
        guard hidden.isEmpty else { throw Self.notOfConvolutions("--hidden") }
        guard activation == nil else { throw Self.notOfConvolutions("--activation") }
    }

    private static func notOfConvolutions(_ flag: String) -> ValidationError {
        ValidationError("\(flag) is of --architecture mlp; the layers of conv64 are fixed, so leave \(flag) out")
    }
}
