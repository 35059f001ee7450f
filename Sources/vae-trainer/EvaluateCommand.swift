internal import ArgumentParser
internal import VAE
internal import VAETraining

/// `vae-trainer evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a checkpoint on test images, and describes the codes of its training images.",
        discussion: """
            −ELBO with the seed and the data of its training is that of its model
            card again. A model of drawn shapes is measured on those; where other
            data are, --data says. What is found goes into the checkpoint with
            --write.

            Examples:
              vae-trainer evaluate --model models/mnist.safetensors --data data/mnist
              vae-trainer evaluate --model models/iwae.safetensors --data data/mnist \\
                --samples 5000 --write
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

    @Option(help: .init("Gaussians to describe the codes of the training images with; 0 for none.", valueName: "K"))
    var mixture = 10

    @Option(
        help: .init(
            "What the labels of the data stand for, in their order. (default: as the data say, or their numbers)",
            valueName: "a,b,…"))
    var labelNames: String?

    @Option(help: "Determines the noise of z. (default: the seed the model was trained with, or 1)")
    var seed: UInt64?

    @Option(help: "Threads that share the images; the results do not depend on it.")
    var threads = TrainingSettings.availableThreads

    @Flag(help: "Put the results into the checkpoint; its weights stay as they are.")
    var write = false

    @Flag(help: "Let --write put what was measured on other data than those of the training into the checkpoint.")
    var otherData = false

    func validate() throws {
        guard write || !otherData else {
            throw ValidationError("--other-data: is about what --write keeps; leave it out, or add --write")
        }
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads \(threads): expected 1…256")
        }
        if let binarise, binarise != "none", UInt64(binarise) == nil {
            throw ValidationError("--binarise \(binarise): expected a seed (0…\(UInt64.max)) or none")
        }
        do { try settings(TrainingRecord()).validate() } catch { throw ValidationError("\(error)") }
    }

    /// What the flags ask for, of a model that was trained as `training` says.
    private func settings(_ training: TrainingRecord) -> EvaluationSettings {
        var settings = EvaluationSettings(seed: seed ?? training.seed ?? 1)
        settings.samples = samples
        settings.images = images
        settings.components = mixture
        settings.classNames = labelNames.map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        settings.binarisationSeed = training.binarisation == nil ? nil : settings.seed
        if let binarise { settings.binarisationSeed = UInt64(binarise) }
        return settings
    }

    func run() throws {
        var file = try CheckpointFile(path: model)
        if write { try file.checkWritable() }
        let training = file.checkpoint.training
        let pair = try open(TrainedData(training), named: training.dataset)
        guard file.checkpoint.architecture.configuration.predictedClasses == nil else {
            return try classify(file.checkpoint, pair)
        }
        Interruption.install()
        let evaluator = try CheckpointEvaluator(
            file.checkpoint, settings: settings(training), threads: threads, progress: EvaluationProgress(),
            shouldStop: { Interruption.isRequested })
        guard let result = try evaluator.evaluate(pair) else { throw stopped(evaluator, of: file.checkpoint) }
        print(EvaluationFacts(result.record, wording: ReportWording(file.checkpoint)).text)
        if result.aggregate == nil {
            print(
                "note: the distribution of the codes, with its covariance and mixture, is measured up to "
                    + "\(AggregatePosterior.maximumLatent) latent dimensions; this model has "
                    + "\(file.checkpoint.architecture.latent)")
        }
        if let likelihood = evaluator.likelihood { print(likelihood.pace(seconds: evaluator.likelihoodSeconds)) }
        guard write else { return }
        file.checkpoint.evaluation = result.record
        file.checkpoint.aggregate = result.aggregate
        file.checkpoint.landmarks = result.landmarks
        try file.write()
        print("wrote \(model)")
    }

    /// The data to measure on; those of the training under the `name` that the model's card has.
    private func open(_ trained: TrainedData, named name: String?) throws -> DatasetPair {
        var settings = DataSettings()
        data.apply(to: &settings)
        let source = try settings.source ?? trained.drawnSource()
        settings.source = source
        var pair = try TrainCommand.open(settings)
        guard trained.areThose(named: pair.name, from: source) else {
            let difference = "the model was trained on \(trained.description ?? "other data"), not on \(pair.name)"
            guard !write || otherData else {
                throw TrainingError.setting(
                    "\(difference) (--data \(source)), and what --write keeps is taken for what its own data give; give "
                        + "those, leave --write out, or add --other-data if this is meant")
            }
            print("note: \(difference)")
            return pair
        }
        pair.name = name ?? pair.name
        return pair
    }

    /// A classifier has an error rate, and neither images to give back nor codes to draw from.
    private func classify(_ checkpoint: Checkpoint, _ data: DatasetPair) throws {
        guard !write, samples == nil, images == nil, binarise == nil, labelNames == nil else {
            throw ValidationError(
                "the model predicts classes: leave --write, --samples, --images, --binarise and --label-names out; its "
                    + "error rate on all test images is what can be measured")
        }
        let result = try Evaluator(checkpoint.architecture, threads: threads)
            .evaluate(checkpoint.parameters, on: data.test, seed: settings(checkpoint.training).seed)
        print("\(result.images) test images of \(data.name)")
        for (name, value) in result.scalars.sorted(by: { $0.key < $1.key }) {
            print("\(name.replacing("_", with: " ")) \(value)")
        }
    }

    /// Says how far it came: what is complete, the estimates of ln p(x) there are, and what is missing.
    private func stopped(_ evaluator: CheckpointEvaluator, of checkpoint: Checkpoint) -> ExitCode {
        if evaluator.record.test != nil {
            print(EvaluationFacts(evaluator.record, wording: ReportWording(checkpoint)).text)
        }
        if evaluator.record.importance == nil, let likelihood = evaluator.likelihood, let text = likelihood.text {
            print("\(text), k = \(likelihood.samples), of \(likelihood.estimates.count) images so far")
        }
        let parts = evaluator.leftOut.map(\.rawValue).joined(separator: ", ")
        let kept = write ? "; nothing was written to \(model)" : ""
        print("stopped, " + (parts.isEmpty ? "with everything measured" : "without \(parts)") + kept)
        return ExitCode(Interruption.exitStatus)
    }
}
