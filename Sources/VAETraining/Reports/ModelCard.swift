public import VAE

/// What people should know about a checkpoint, from what it says about itself.
public struct ModelCard {
    let checkpoint: Checkpoint
    /// The file without folder and `.safetensors`: the model's name in the service.
    let name: String
    let wording: ReportWording
    private var record: TrainingRecord { checkpoint.training }
    var architecture: VAEArchitecture { checkpoint.architecture }

    /// For the checkpoint at `path`, which is only used for its name.
    public init(_ checkpoint: Checkpoint, path: String) {
        self.checkpoint = checkpoint
        wording = ReportWording(checkpoint)
        let file = path.split(separator: "/").last.map(String.init) ?? path
        name =
            file.hasSuffix(TrainingSettings.suffix) ? String(file.dropLast(TrainingSettings.suffix.count)) : file
    }

    /// Facts as pairs of name and value, in the order in which a reader wants them; what is not known is left out.
    public var facts: [(String, String)] {
        var facts: [(String, String)] = []
        func add(_ name: String, _ value: String?) { if let value { facts.append((name, value)) } }
        facts += layers
        add("Data", record.dataset)
        add("Licence of the data", record.datasetLicense)
        add("Licence of this file", checkpoint.license)
        let examples = wording.isOfUsers ? "Users" : "Images"
        add(examples, record.trainingImages.map { "\($0) to learn from, \(record.testImages ?? 0) to test on" })
        add("Epochs", record.epochs.map(String.init))
        add("Weights kept", record.kept.map { "of epoch \($0.epoch), with the best \(wording.describe($0))" })
        add("Minibatch", record.batchSize.map(String.init))
        add("Adam's learning rate", record.learningRate.map { "\($0)" })
        add("Seed", record.seed.map(String.init))
        add("Threads", record.threads.map(String.init))
        add(testFact, record.test.map(wording.describeWithUnit))
        add(trainingFact, record.train.map(wording.describeWithUnit))
        if wording.hasKL, let kl = record.perDimensionKL {
            let used = kl.count { $0 > Evaluation.usedKL }
            add("Latent dimensions in use", "\(used) of \(kl.count) (mean KL above \(Evaluation.usedKL) nats)")
            add("KL per dimension", kl.map { FixedPoint.string(Double($0), decimals: 2) }.joined(separator: " "))
        }
        add("Grey values", record.binarisation.map { "\($0) binarisation" })
        facts += checkpoint.evaluation.map { EvaluationFacts($0, wording: wording).facts } ?? []
        func names(_ landmarks: [LatentLandmark]?) -> String? {
            landmarks.flatMap { $0.isEmpty ? nil : $0.map(\.name).joined(separator: ", ") }
        }
        add("Prototypes", names(checkpoint.landmarks?.prototypes))
        add("Directions", names(checkpoint.landmarks?.directions))
        add("Made by", record.command)
        return facts
    }

    /// The facts that say how the run was set up, without its results.
    var settings: [(String, String)] {
        let results: Set = ["Made by", "KL per dimension", "Latent dimensions in use", testFact, trainingFact]
        return facts.filter { !results.contains($0.0) }
    }

    private var testFact: String { "\(wording.lossTitle), test" }
    private var trainingFact: String {
        let epoch = record.kept.map { "training, epoch \($0.epoch)" } ?? "last training epoch"
        return "\(wording.lossTitle), \(epoch)"
    }

    /// For a terminal: one fact a line.
    public var text: String { EvaluationFacts.text(facts) }

    /// For a repository: a page of Markdown, with the two pictures if they lie beside it.
    public func markdown(hasPictures: Bool) -> String {
        let data = record.dataset.map { " trained on \($0)" } ?? ""
        let shape = architecture.inputShape.extents.map(String.init).joined(separator: "×")
        let examples =
            wording.isOfUsers ? "a user's choices among \(architecture.inputCount) items" : "\(shape) images"
        var page = "# \(name)\n\n"
        page += "\(wording.whatItIs)\(data): "
        page += wording.whatItDoes(with: examples, latent: architecture.latent) + ".\n\n"
        if let command = record.command { page += "```sh\n\(command)\n```\n\n" }
        page += "| | |\n|---|---|\n"
        for (name, value) in facts where name != "Made by" {
            page += "| \(MarkdownText.escaped(name)) | \(MarkdownText.escaped(value)) |\n"
        }
        page += "\n\(MarkdownText.paragraph(wording.explanation + greyValues))\n\n## Use\n\n\(use)"
        return hasPictures ? page + pictures : page
    }

    private var pictures: String {
        var text = "\n## Pictures\n"
        if wording.showsSamples { text += "\nSamples from the prior:\n\n![samples](\(name).samples.png)\n" }
        if wording.showsReconstructions {
            text += """

                Test images (lines 1, 3, …), each above its reconstruction:

                ![reconstructions](\(name).reconstructions.png)

                """
        }
        return text
    }

    /// Grey values under a likelihood of zeros and ones need a word.
    private var greyValues: String {
        guard case .bernoulli = architecture.likelihood, record.binarisation == nil, !wording.isOfUsers else {
            return ""
        }
        return " Grey values count as expectations."
    }

    /// What the model is built of.
    private var layers: [(String, String)] {
        let configuration = architecture.configuration
        let heads = architecture.posterior.isDeterministic ? "" : " → μ, σ"
        let decoder = Self.describe(configuration.decoder)
        var layers = [
            wording.isOfUsers
                ? ("Items", "\(architecture.inputCount), of each user 1 for those chosen and 0 for the others")
                : ("Image", "\(architecture.inputShape) [C, H, W], values 0…1"),
            ("Encoder", Self.describe(configuration.encoder) + heads), ("Latent dimensions", "\(architecture.latent)"),
        ]
        if case .classifier(let classes) = wording.model {
            layers += [("Output layer", decoder), ("Predicted classes", "\(classes)")]
        } else {
            layers += [("Decoder", decoder), ("Likelihood", architecture.likelihood.description)]
        }
        layers.append(("Parameters", "\(architecture.layout.count)"))
        if let classes = configuration.classes { layers.append(("Classes of the label", "\(classes)")) }
        return layers
    }

    private static func describe(_ layers: [LayerConfiguration]) -> String {
        func window(_ convolution: ConvolutionConfiguration) -> String {
            "\(convolution.inputs)→\(convolution.outputs) \(convolution.kernel)×\(convolution.kernel)"
                + " stride \(convolution.stride) padding \(convolution.padding)"
        }
        return layers.map { layer in
            switch layer {
            case .linear(let inputs, let outputs): "linear \(inputs)→\(outputs)"
            case .activation(let activation): "\(activation)"
            case .flatten: "flatten"
            case .unflatten(let shape): "unflatten \(shape)"
            case .conv2d(let convolution): "convolution \(window(convolution))"
            case .convTranspose2d(let convolution, 0): "transposed convolution \(window(convolution))"
            case .convTranspose2d(let convolution, let outputPadding):
                "transposed convolution \(window(convolution)) output padding \(outputPadding)"
            }
        }.joined(separator: ", ")
    }
}
