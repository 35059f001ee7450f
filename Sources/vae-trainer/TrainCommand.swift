public import ArgumentParser
public import VAETraining

extension ActivationName: ExpressibleByArgument {}
extension ArchitectureName: ExpressibleByArgument {}

/// `vae-trainer train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learns a model from images and writes it as a safetensors checkpoint.",
        discussion: #"""
            Beside NAME.safetensors it writes NAME.md (a model card),
            NAME.samples.png and NAME.reconstructions.png. The same flags and data
            give the same file, bit for bit. The state is kept in
            NAME.resume.safetensors at every epoch and when Ctrl-C stops the run.

            Examples:
              vae-trainer train --data data/mnist --out models/digits.safetensors
              vae-trainer train --data data/fashion-mnist --hidden 400 200 \
                --epochs 30 --out models/fashion.safetensors
              vae-trainer train --out models/small.safetensors --latent 8
              vae-trainer train --data shapes:64 --architecture conv64 \
                --out models/shapes.safetensors
            """#)

    @Option(help: .init("Where the checkpoint goes; its folder is created if missing.", valueName: "file.safetensors"))
    var out: String

    @OptionGroup(title: "Data") var data: DataFlags
    @OptionGroup(title: "Data") var trainingData: TrainingDataFlags

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

    @Option(help: "Passes over the training images. (default: 10)")
    var epochs: Int?

    @Option(help: "Images per step: more are faster per image, fewer learn more per epoch. (default: 128)")
    var batchSize: Int?

    @Option(help: "Step size of Adam; too large diverges, too small takes for ever. (default: 0.001)")
    var learningRate: Double?

    @Option(help: "Any number: determines weights, order and noise. (default: 1)")
    var seed: UInt64?

    @Option(help: "Threads that share each step; the last bits of the result depend on it. (default: one per core)")
    var threads: Int?

    @Option(help: .init("Name of the data in the model card. (default: by the folder's name)", valueName: "name"))
    var datasetName: String?

    @Option(help: .init("Licence of the data in the model card. (default: by the folder's name)", valueName: "name"))
    var datasetLicense: String?

    @Option(help: .init("Licence of the checkpoint itself, as an SPDX name.", valueName: "name"))
    var license: String?

    @Flag(help: "Go on with the interrupted run of --out, with its settings. Only --data may differ (a moved folder).")
    var resume = false

    func run() throws {
        let outcome = try makeTrainer()
        Interruption.install()
        if case .interrupted = try outcome.run(shouldStop: { Interruption.isRequested }) {
            throw ExitCode(Interruption.exitStatus)
        }
    }
}
