internal import ArgumentParser
internal import VAE
internal import VAETraining

/// `vae-trainer evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a checkpoint on test images: −ELBO, and ln p(x) by importance sampling.",
        discussion: """
            With the seed and the data of its training it gives the figures of its
            model card again.

            Examples:
              vae-trainer evaluate --model models/mnist.safetensors --data data/mnist
              vae-trainer evaluate --model models/iwae.safetensors --data data/mnist \\
                --samples 5000
            """)

    @Option(help: .init("The checkpoint.", valueName: "file.safetensors"))
    var model: String

    @OptionGroup(title: "Data") var data: DataFlags

    @Option(
        help: .init(
            "Estimate ln p(x) with exactly so many importance samples per image (Burda et al. 2016); the IWAE paper's figures are with 5000.",
            valueName: "k"))
    var samples: Int?

    @Option(help: .init("Only the first so many test images. (default: all)", valueName: "n"))
    var images: Int?

    @Option(
        help: .init(
            "Take grey values as probabilities and draw every pixel once, as the number given determines; or none. (default: as the model was trained)",
            valueName: "seed"))
    var binarise: String?

    @Option(help: "Determines the noise of z. (default: the seed the model was trained with, or 1)")
    var seed: UInt64?

    @Option(help: "Threads that share the images.")
    var threads = TrainingSettings.availableThreads

    func validate() throws {
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads \(threads): expected 1…256")
        }
        if let samples, !(1...LogLikelihoodEstimator.maximumSamples).contains(samples) {
            throw ValidationError("--samples \(samples): expected 1…\(LogLikelihoodEstimator.maximumSamples)")
        }
        if let images, images < 1 { throw ValidationError("--images \(images): expected at least 1") }
        if let binarise, binarise != "none", UInt64(binarise) == nil {
            throw ValidationError("--binarise \(binarise): expected a seed (0…\(UInt64.max)) or none")
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
        let seed = seed ?? checkpoint.training.seed ?? 1
        let binarisation = binarisation(checkpoint, seed: seed)
        let test = binarisation.map { BinarisedImages(pair.test, seed: $0) as any Dataset } ?? pair.test
        guard test.shape == checkpoint.architecture.inputShape else {
            throw ValidationError(
                "--data: the model takes images \(checkpoint.architecture.inputShape); these are \(test.shape); "
                    + "--image-size, --crop and --colour convert them")
        }
        let count = images ?? test.count
        guard count <= test.count else {
            throw ValidationError("--images \(count): \(pair.name) has \(test.count) test images")
        }
        if let trained = checkpoint.training.dataset, trained != pair.name {
            print("note: the model was trained on \(trained), and is measured on \(pair.name)")
        }
        if let binarisation { print("grey values are drawn once as zeros and ones, with seed \(binarisation)") }
        let evaluator = try Evaluator(checkpoint.architecture, threads: threads)
        let result = try evaluator.evaluate(checkpoint.parameters, on: test, seed: seed)
        print(
            "−ELBO, \(result.images) images of \(pair.name): \(TerminalReporter.describe(result.terms)) nats (reconstruction + KL)"
        )
        print("latent dimensions in use: \(result.usedDimensions) of \(result.perDimensionKL.count)")
        if let samples { try estimate(checkpoint, on: test, count: count, samples: samples, seed: seed) }
    }

    /// The seed of the draw, if there is to be one.
    private func binarisation(_ checkpoint: Checkpoint, seed: UInt64) -> UInt64? {
        guard let binarise else { return checkpoint.training.binarisation == nil ? nil : seed }
        return UInt64(binarise)
    }

    private func estimate(
        _ checkpoint: Checkpoint, on test: any Dataset, count: Int, samples: Int, seed: UInt64
    ) throws {
        Interruption.install()
        let packed = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        let estimator = try LogLikelihoodEstimator(packed, samples: samples, seed: seed, threads: threads)
        let progress = EvaluationProgress()
        progress.begin("ln p(x)", total: count)
        let result = try estimator.estimate(test, count: count) {
            progress.done($0)
        } shouldStop: {
            Interruption.isRequested
        }
        let seconds = progress.end()
        if !result.estimates.isEmpty { print(result.text(seconds: seconds)) }
        guard result.estimates.count == count else {
            print("stopped after \(result.estimates.count) of \(count) images")
            throw ExitCode(Interruption.exitStatus)
        }
    }
}
