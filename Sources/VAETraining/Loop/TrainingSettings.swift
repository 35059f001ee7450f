public import VAE

/// Everything that determines a checkpoint, bit for bit, besides the data themselves.
public struct TrainingSettings: Hashable, Sendable, Codable {
    /// What is learned from.
    public var data: DataSettings
    /// Where the checkpoint goes; ends in `.safetensors`.
    public var output: String
    /// Family of layer lists.
    public var architecture: ArchitectureName
    /// Of `mlp`: widths of the encoder's hidden layers; the decoder mirrors them.
    public var hidden = [400]
    /// Number of latent dimensions.
    public var latent: Int
    /// Of `mlp`: after every hidden layer.
    public var activation = ActivationName.relu
    /// Of `conv`: channels of the convolutions.
    public var channels = [64, 128, 256]
    /// Of `conv`: width of the layer between convolutions and code.
    public var features = 512
    /// p(x|z).
    public var likelihood = Likelihood.bernoulli
    /// What the σ head predicts.
    public var sigma = ModelConfiguration.SigmaHead.logVariance
    /// Of the objective `autoencoder`: what follows the code; nil for nothing.
    public var codeActivation: ActivationName?
    /// Whether encoder and decoder are given the label.
    public var isConditional = false
    /// Passes over the training images.
    public var epochs = 10
    /// Images per optimiser step.
    public var batchSize = 128
    /// What is minimised.
    public var objective = ObjectiveSettings()
    /// How the weights follow the gradient.
    public var optimiser = OptimiserSettings()
    /// Of the objective `autoencoder`: epochs for which each layer learns by itself before all do; 0 for none.
    public var layerwiseEpochs = 0
    /// What the weights begin with.
    public var initialWeights = InitialWeights.pytorch
    /// A checkpoint to begin with instead.
    public var startFrom: String?
    /// Epochs from one evaluation to the next; the last epoch is always evaluated.
    public var evaluateEvery = 1
    /// Which weights become the checkpoint.
    public var selection = WeightSelection.last
    /// Evaluations on the validation examples without a better one after which the run ends, with the best weights; 0 for
    /// never.
    public var patience = 0
    /// Steps after which the run is kept for `--resume`, besides the ends of epochs; 0 for those alone.
    public var keepEvery = 0
    /// Steps from one that is reported by itself to the next; 0 for epochs alone.
    public var logEvery = 0
    /// What the factors of products are rounded to while learning; evaluations are in float32.
    public var precision = Precision.f32
    /// Determines weights, order and noise.
    public var seed: UInt64 = 1
    /// Threads that share a minibatch; sums are taken in their order, so the last bits depend on it.
    public var threads = TrainingSettings.availableThreads
    /// Name of the data set in reports; `nil` to go by its folder.
    public var datasetName: String?
    /// Licence of the data; `nil` to go by its folder.
    public var datasetLicense: String?
    /// Licence of the checkpoint itself.
    public var license: String?

    /// The settings of the VAE in the PyTorch examples, or of another architecture.
    public init(data: String?, output: String, architecture: ArchitectureName = .mlp) {
        self.data = DataSettings(source: data)
        self.output = output
        self.architecture = architecture
        latent = architecture.defaultLatent
    }

    /// Of `mlp`: layers from the example to the code.
    var layers: Int { hidden.count + 1 }

    /// Whether the weights that the validation examples like best become the checkpoint.
    var keepsBest: Bool { selection == .best || patience > 0 }

    /// Threads that are worth starting here: each process's part of the processors.
    public static var availableThreads: Int { max(1, min(64, ProcessorCount.usable / ProcessGroup.launchedHere)) }

    /// Refuses what cannot work, naming the flag, the value and what to do.
    public func validate() throws(TrainingError) {
        guard output.hasSuffix(Self.suffix), !output.hasSuffix("/" + Self.suffix), output != Self.suffix else {
            throw .setting(
                "--out \(output): expected a file name that ends in .safetensors, such as models/mnist.safetensors")
        }
        try validateModel()
        try SettingCheck.range("layerwise", layerwiseEpochs, 0...1_000_000)
        guard layerwiseEpochs == 0 || (objective.kind == .autoencoder && architecture == .mlp && !isConditional) else {
            throw .setting(
                "--layerwise \(layerwiseEpochs) is of --objective autoencoder with --architecture mlp; leave it out")
        }
        try SettingCheck.range("epochs", epochs, (layerwiseEpochs > 0 ? 0 : 1)...1_000_000)
        try SettingCheck.range("batch-size", batchSize, 1...65_536)
        try SettingCheck.range("threads", threads, 1...256)
        guard threads <= batchSize else {
            throw .setting(
                "--threads \(threads): expected at most one per image of a minibatch (--batch-size \(batchSize))")
        }
        try SettingCheck.range("evaluate-every", evaluateEvery, 1...1_000_000)
        try SettingCheck.range("early-stopping", patience, 0...1_000_000)
        try SettingCheck.range("keep-every", keepEvery, 0...1_000_000_000)
        try SettingCheck.range("log-every", logEvery, 0...1_000_000_000)
        do throws(ModelError) { try precision.require() } catch { throw .model(error) }
        try objective.validate()
        try optimiser.validate()
    }

    /// Images of the epoch after which the run is to be kept next, when `images` have been learned from.
    func nextKeep(after images: Int) -> Int { keepEvery > 0 ? images + keepEvery * batchSize : .max }

    static let suffix = ".safetensors"
    /// The output without its suffix: the other files of a run are named after it.
    var stem: String { String(output.dropLast(Self.suffix.count)) }
    /// Where an unfinished run is kept.
    var resumePath: String { stem + ".resume" + Self.suffix }

    /// The command that continues an interrupted run.
    public var resumeCommand: String { "vae-trainer train --resume --out \(Shell.quoted(output))" }
}
