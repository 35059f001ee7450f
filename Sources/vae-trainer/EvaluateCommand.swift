internal import ArgumentParser
internal import VAE
internal import VAETraining

/// `vae-trainer evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a checkpoint's −ELBO on test images.",
        discussion: """
            With the seed and the data of its training it gives the figures of its
            model card again.

            Example:
              vae-trainer evaluate --model models/mnist.safetensors --data data/mnist
            """)

    @Option(help: .init("The checkpoint.", valueName: "file.safetensors"))
    var model: String

    @OptionGroup(title: "Data") var data: DataFlags

    @Option(help: "Determines the noise of z. (default: the seed the model was trained with, or 1)")
    var seed: UInt64?

    @Option(help: "Threads that share the images.")
    var threads = TrainingSettings.availableThreads

    func validate() throws {
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads \(threads): expected 1…256")
        }
    }

    /// The checkpoint at `path`, or an error that names it.
    static func load(_ path: String) throws -> Checkpoint {
        do { return try Checkpoint(path: path) } catch CheckpointError.file(let path, let reason) {
            throw TrainingError.setting("\(path): \(reason)")
        } catch { throw TrainingError.setting("\(path): \(error)") }
    }

    func run() throws {
        let checkpoint = try Self.load(model)
        var source = DataSettings()
        data.apply(to: &source)
        let pair = try TrainCommand.open(source)
        let images = pair.test
        guard images.shape == checkpoint.architecture.inputShape else {
            throw ValidationError(
                "--data: the model takes images \(checkpoint.architecture.inputShape); these are \(images.shape); --image-size, --crop and "
                    + "--colour convert them")
        }
        let evaluator = try Evaluator(checkpoint.architecture, threads: threads)
        let result = try evaluator.evaluate(
            checkpoint.parameters, on: images, seed: seed ?? checkpoint.training.seed ?? 1)
        if let trained = checkpoint.training.dataset, trained != pair.name {
            print("note: the model was trained on \(trained), and is measured on \(pair.name)")
        }
        print(
            "−ELBO, \(result.images) images of \(pair.name): \(TerminalReporter.describe(result.terms)) nats (reconstruction + KL)"
        )
        print("latent dimensions in use: \(result.usedDimensions) of \(result.perDimensionKL.count)")
    }
}
