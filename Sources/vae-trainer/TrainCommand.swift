internal import ArgumentParser
internal import VAETraining

/// `vae-trainer train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learns a model from images, or from users and items, and writes it as a safetensors checkpoint.",
        discussion: #"""
            Beside NAME.safetensors it writes NAME.md (a model card), NAME.report.html,
            NAME.metrics.jsonl and NAME.tensorboard, and of models of images
            NAME.samples.png and NAME.reconstructions.png, where they make sense. The
            same flags and data give the same file, bit for bit. The state is kept in
            NAME.resume.safetensors at every epoch and when Ctrl-C stops the run.

            Users and items begin with the settings of Liang et al. 2018: --hidden 600
            --latent 200 --activation tanh --initial-weights glorot --likelihood
            multinomial --corrupt dropout:0.5 --epochs 100 --batch-size 500 --beta 0.2,
            which grows over 0.85 of the epochs, and --select best.

            Examples:
              vae-trainer train --data data/mnist --out models/digits.safetensors
              vae-trainer train --data data/fashion-mnist --hidden 400 200 \
                --epochs 30 --out models/fashion.safetensors
              vae-trainer train --out models/small.safetensors --latent 8
              vae-trainer train --data shapes:64 --architecture conv64 \
                --out models/shapes.safetensors
              vae-trainer train --config reproduce/pytorch-vae.conf
            """#)

    @Option(help: .init("Where the checkpoint goes; its folder is created if missing.", valueName: "file.safetensors"))
    var out: String

    @OptionGroup(title: "Data") var data: DataFlags
    @OptionGroup(title: "Data") var trainingData: TrainingDataFlags

    @OptionGroup(title: "Model") var model: ModelFlags
    @OptionGroup(title: "Objective") var objective: ObjectiveFlags
    @OptionGroup(title: "Optimiser") var optimiser: OptimiserFlags
    @OptionGroup(title: "Run") var runFlags: RunFlags

    @Option(
        help: .init(
            "Flags from a file, one a line as name = value; those given here win. See reproduce/.", valueName: "file"))
    var config: String?

    @Flag(help: "Go on with the interrupted run of --out, with its settings. Only --data may differ (a moved folder).")
    var resume = false

    func run() throws {
        let outcome = try Processes.run { processes in
            let trainer = try makeTrainer(processes)
            Interruption.install()
            return try trainer.run(shouldStop: { Interruption.isRequested })
        }
        if case .interrupted = outcome { throw ExitCode(Interruption.exitStatus) }
    }
}
