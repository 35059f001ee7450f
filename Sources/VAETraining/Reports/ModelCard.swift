public import VAE

/// What people should know about a checkpoint, from what it says about itself.
public struct ModelCard {
    private let checkpoint: Checkpoint
    /// The file without folder and `.safetensors`: the model's name in the service.
    private let name: String
    private var record: TrainingRecord { checkpoint.training }
    private var architecture: VAEArchitecture { checkpoint.architecture }

    /// For the checkpoint at `path`, which is only used for its name.
    public init(_ checkpoint: Checkpoint, path: String) {
        self.checkpoint = checkpoint
        let file = path.split(separator: "/").last.map(String.init) ?? path
        name =
            file.hasSuffix(TrainingSettings.suffix) ? String(file.dropLast(TrainingSettings.suffix.count)) : file
    }

    /// Facts as pairs of name and value, in the order in which a reader wants them; what is not known is left out.
    public var facts: [(String, String)] {
        let heads = architecture.posterior.isDeterministic ? "" : " → μ, σ"
        let encoder = Self.describe(architecture.configuration.encoder) + heads
        var facts: [(String, String)] = [
            ("Image", "\(architecture.inputShape) [C, H, W], values 0…1"),
            ("Encoder", encoder),
            ("Latent dimensions", "\(architecture.latent)"),
            ("Decoder", Self.describe(architecture.configuration.decoder)),
            ("Likelihood", architecture.likelihood.description),
            ("Parameters", "\(architecture.layout.count)"),
        ]
        func add(_ name: String, _ value: String?) { if let value { facts.append((name, value)) } }
        add("Classes of the label", architecture.configuration.classes.map(String.init))
        add("Data", record.dataset)
        add("Licence of the data", record.datasetLicense)
        add("Licence of this file", checkpoint.license)
        add("Images", record.trainingImages.map { "\($0) to learn from, \(record.testImages ?? 0) to test on" })
        add("Epochs", record.epochs.map(String.init))
        add("Minibatch", record.batchSize.map(String.init))
        add("Adam's learning rate", record.learningRate.map { "\($0)" })
        add("Seed", record.seed.map(String.init))
        add("Threads", record.threads.map(String.init))
        add("−ELBO, test", record.test.map(Self.describe))
        add("−ELBO, last training epoch", record.train.map(Self.describe))
        if let kl = record.perDimensionKL {
            let used = kl.count { $0 > Evaluation.usedKL }
            add("Latent dimensions in use", "\(used) of \(kl.count) (mean KL above \(Evaluation.usedKL) nats)")
            add("KL per dimension", kl.map { FixedPoint.string(Double($0), decimals: 2) }.joined(separator: " "))
        }
        add("Grey values", record.binarisation.map { "\($0) binarisation" })
        facts += checkpoint.evaluation.map { EvaluationFacts($0).facts } ?? []
        func names(_ landmarks: [LatentLandmark]?) -> String? {
            landmarks.flatMap { $0.isEmpty ? nil : $0.map(\.name).joined(separator: ", ") }
        }
        add("Prototypes", names(checkpoint.landmarks?.prototypes))
        add("Directions", names(checkpoint.landmarks?.directions))
        add("Made by", record.command)
        return facts
    }

    /// For a terminal: one fact a line.
    public var text: String { EvaluationFacts.text(facts) }

    /// For a repository: a page of Markdown, with the two pictures if they lie beside it.
    public func markdown(hasPictures: Bool) -> String {
        let data = record.dataset.map { " trained on \($0)" } ?? ""
        let shape = architecture.inputShape.extents.map(String.init).joined(separator: "×")
        let examples = checkpoint.items.map { "a user's choices among \($0.count) items" } ?? "\(shape) images"
        var page = "# \(name)\n\n"
        page += "A variational autoencoder\(data): \(examples) to \(architecture.latent) latent numbers and back.\n\n"
        if let command = record.command { page += "```sh\n\(command)\n```\n\n" }
        page += "| | |\n|---|---|\n"
        for (name, value) in facts where name != "Made by" {
            page += "| \(Self.escaped(name)) | \(Self.escaped(value)) |\n"
        }
        page += """

            −ELBO is the negative evidence lower bound in nats per image: −ln p(x\\|z), summed over pixels, plus the KL
            divergence of q(z\\|x) from the prior.\(record.binarisation == nil ? " Grey values count as expectations." : "")

            ## Use

            ```sh
            vae-server --models models        # or: make serve
            curl --data-binary @image.png -H 'Content-Type: image/png' localhost:8080/v1/models/\(name)/encode
            curl -o samples.png 'localhost:8080/v1/models/\(name)/sample?n=64&seed=\(record.seed ?? 1)&format=png'
            ```

            """
        if hasPictures {
            page += """

                ## Pictures

                Samples from the prior:

                ![samples](\(name).samples.png)

                Test images (lines 1, 3, …), each above its reconstruction:

                ![reconstructions](\(name).reconstructions.png)

                """
        }
        return page
    }

    private static func describe(_ terms: TrainingRecord.Terms) -> String {
        TerminalReporter.describe(terms) + " nats per image (reconstruction + KL)"
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

    private static func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
