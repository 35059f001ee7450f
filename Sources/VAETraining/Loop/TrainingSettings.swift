internal import VAE

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
    /// Passes over the training images.
    public var epochs = 10
    /// Images per optimiser step.
    public var batchSize = 128
    /// Of Adam.
    public var learningRate = 1e-3
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

    /// Threads that are worth starting here.
    public static var availableThreads: Int { min(64, ProcessorCount.usable) }

    /// Refuses what cannot work, naming the flag, the value and what to do.
    public func validate() throws(TrainingError) {
        func range(_ flag: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(TrainingError) {
            guard allowed.contains(value) else {
                throw .setting(
                    "--\(flag) \(value): expected \(allowed.lowerBound)…\(allowed.upperBound)")
            }
        }
        guard output.hasSuffix(Self.suffix), !output.hasSuffix("/" + Self.suffix), output != Self.suffix else {
            throw .setting(
                "--out \(output): expected a file name that ends in .safetensors, such as models/mnist.safetensors")
        }
        guard hidden.count <= 32 else { throw .setting("--hidden: expected at most 32 layers, found \(hidden.count)") }
        for width in hidden { try range("hidden", width, 1...65_536) }
        try range("latent", latent, 1...65_536)
        try range("epochs", epochs, 1...1_000_000)
        try range("batch-size", batchSize, 1...65_536)
        try range("threads", threads, 1...256)
        guard threads <= batchSize else {
            throw .setting(
                "--threads \(threads): expected at most one per image of a minibatch (--batch-size \(batchSize))")
        }
        guard learningRate.isFinite, learningRate > 0, learningRate <= 1 else {
            throw .setting("--learning-rate \(learningRate): expected a number above 0 and at most 1, such as 1e-3")
        }
    }

    static let suffix = ".safetensors"
    /// The output without its suffix: the other files of a run are named after it.
    var stem: String { String(output.dropLast(Self.suffix.count)) }
    /// Where an unfinished run is kept.
    var resumePath: String { stem + ".resume" + Self.suffix }

    /// The command that makes the same file again.
    public var command: String {
        var words = ["vae-trainer", "train"]
        words += data.commandWords
        words += ["--out", output]
        switch architecture {
        case .mlp:
            words += ["--hidden"] + hidden.map(String.init)
            words += ["--latent", "\(latent)", "--activation", activation.rawValue]
        case .conv64: words += ["--architecture", architecture.rawValue, "--latent", "\(latent)"]
        }
        words += ["--epochs", "\(epochs)"]
        words += ["--batch-size", "\(batchSize)", "--learning-rate", "\(learningRate)", "--seed", "\(seed)"]
        words += ["--threads", "\(threads)"]
        if let datasetName { words += ["--dataset-name", datasetName] }
        if let datasetLicense { words += ["--dataset-license", datasetLicense] }
        if let license { words += ["--license", license] }
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// The command that continues an interrupted run.
    public var resumeCommand: String { "vae-trainer train --resume --out \(Self.quoted(output))" }

    /// As a shell needs it.
    private static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=+,@".contains($0)) }
        return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
