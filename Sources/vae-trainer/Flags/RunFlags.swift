public import ArgumentParser
public import VAE
public import VAETraining

extension Precision: ExpressibleByArgument {}
extension WeightSelection: ExpressibleByArgument {}

/// How long, with how much at once, and what is written besides the weights.
struct RunFlags: ParsableArguments {
    @Option(help: "Passes over the training images. (default: 10; users and items: 100)")
    var epochs: Int?

    @Option(
        help: .init(
            "Of --objective autoencoder: epochs for which each layer learns by itself first (Vincent 2010). (default: 0)",
            valueName: "epochs"))
    var layerwise: Int?

    @Option(
        help:
            "Images per step: more are faster per image, fewer learn more per epoch. (default: 128; users and items: 500)"
    )
    var batchSize: Int?

    @Option(help: "Any number: determines weights, order and noise. (default: 1)")
    var seed: UInt64?

    @Option(help: "Threads that share each step; the last bits of the result depend on it. (default: one per core)")
    var threads: Int?

    @Option(
        help:
            "What linear layers multiply while learning: f32, or bf16, which is faster where the processor has AVX512_BF16. Sums, weights and evaluations are float32. (default: f32)"
    )
    var precision: Precision?

    @Option(help: .init("Epochs from one evaluation on the test images to the next. (default: 1)", valueName: "epochs"))
    var evaluateEvery: Int?

    @Option(
        help:
            "Which weights are kept: last, or best on the --validation examples, by NDCG@100 for users and items, by −ELBO otherwise. (default: last; best for users and items)"
    )
    var select: WeightSelection?

    @Option(
        help: .init(
            "Stop after so many evaluations on the --validation examples without a better one, and keep the best weights. (default: never)",
            valueName: "evaluations"))
    var earlyStopping: Int?

    @Option(help: .init("Steps after which the run is kept for --resume. (default: an epoch's)", valueName: "steps"))
    var keepEvery: Int?

    @Option(
        help: .init(
            "Steps from one that metrics.jsonl and TensorBoard show by itself to the next. (default: epochs alone)",
            valueName: "steps"))
    var logEvery: Int?

    @Option(help: .init("Name of the data in the model card. (default: by the folder's name)", valueName: "name"))
    var datasetName: String?

    @Option(help: .init("Licence of the data in the model card. (default: by the folder's name)", valueName: "name"))
    var datasetLicense: String?

    @Option(help: .init("Licence of the checkpoint itself, as an SPDX name.", valueName: "name"))
    var license: String?

    /// `settings` with every flag that was given.
    func apply(to settings: inout TrainingSettings) {
        settings.epochs = epochs ?? settings.epochs
        settings.layerwiseEpochs = layerwise ?? settings.layerwiseEpochs
        settings.batchSize = batchSize ?? settings.batchSize
        settings.seed = seed ?? settings.seed
        settings.threads = threads ?? settings.threads
        settings.precision = precision ?? settings.precision
        settings.evaluateEvery = evaluateEvery ?? settings.evaluateEvery
        settings.selection = select ?? settings.selection
        settings.patience = earlyStopping ?? settings.patience
        settings.keepEvery = keepEvery ?? settings.keepEvery
        settings.logEvery = logEvery ?? settings.logEvery
        settings.datasetName = datasetName ?? settings.datasetName
        settings.datasetLicense = datasetLicense ?? settings.datasetLicense
        settings.license = license ?? settings.license
    }
}
