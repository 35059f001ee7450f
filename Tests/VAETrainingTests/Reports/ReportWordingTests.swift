import Testing
import VAE

@testable import VAETraining

/// What a run is called follows from its objective and its data.
@Suite struct ReportWordingTests {
    private static func architecture(
        _ change: (inout ModelConfiguration) -> Void = { _ in }, input: [Int] = [1, 6, 6], classes: Int? = nil
    ) throws -> VAEArchitecture {
        var configuration = ModelConfiguration.dense(input: input, hidden: [8], latent: 3, classes: classes)
        change(&configuration)
        return try VAEArchitecture(configuration)
    }

    private static func classifier(_ configuration: inout ModelConfiguration) {
        configuration.removeHeads(codeActivation: nil)
        configuration.likelihood = .multinomial
        configuration.decoder = [.linear(inputs: 3, outputs: 4)]
        configuration.predictedClasses = 4
    }

    private static func card(
        _ change: (inout ModelConfiguration) -> Void = { _ in }, input: [Int] = [1, 6, 6], classes: Int? = nil,
        items: [String]? = nil
    ) throws -> String {
        let architecture = try architecture(change, input: input, classes: classes)
        var record = TrainingRecord()
        record.test = .init(reconstruction: 2, kl: 1)
        record.perDimensionKL = [0.5, 0.5, 0]
        var checkpoint = Checkpoint(
            architecture: architecture, parameters: FloatBuffer(count: architecture.layout.count), training: record,
            license: nil)
        checkpoint.items = items
        return ModelCard(checkpoint, path: "models/it.safetensors").markdown(hasPictures: true)
    }

    @Test func aVAEHasTwoTermsAndPictures() throws {
        let wording = ReportWording(try Self.architecture(), items: nil)
        #expect(wording == ReportWording())
        #expect(wording.columns == "−ELBO in nats per image: loss = reconstruction + KL")
        #expect(wording.describe(.init(reconstruction: 80.15, kl: 25.25)) == "105.40 = 80.15 + 25.25")
        #expect(wording.showsSamples && wording.showsReconstructions)
        let bound = ReportWording(try Self.architecture(), items: nil, draws: 5)
        #expect(bound.columns == wording.columns + "; minimised: the importance-weighted bound of 5 draws")
        let card = try Self.card()
        for words in [
            "A variational autoencoder: 1×6×6 images to 3 latent numbers and back", "Grey values count as expectations",
            "/v1/models/it/encode\n", "/v1/models/it/sample?n=64", "it.samples.png)", "−ELBO, test",
        ] { #expect(card.contains(words)) }
    }

    @Test func greyValuesAreExpectationsOfZerosAndOnesOnly() throws {
        for likelihood in [Likelihood.continuousBernoulli, .gaussian(.fixed(1)), .multinomial] {
            #expect(!(try Self.card { $0.likelihood = likelihood }).contains("Grey values"))
        }
    }

    @Test func anAutoencoderHasNoPrior() throws {
        let change = { (configuration: inout ModelConfiguration) in configuration.removeHeads(codeActivation: nil) }
        let wording = ReportWording(try Self.architecture(change), items: nil)
        #expect(wording.model == .autoencoder && !wording.showsSamples && wording.showsReconstructions)
        #expect(wording.describe(.init(reconstruction: 80.15, kl: 0)) == "80.15")
        let card = try Self.card(change)
        #expect(
            card.contains("An autoencoder: ") && card.contains("| Reconstruction error, test | 3.00 nats per image |"))
        #expect(card.contains("/v1/models/it/reconstruct?format=png") && card.contains("it.reconstructions.png"))
        for words in ["ELBO", "ariational", "/sample", "samples.png", "KL per dimension"] {
            #expect(!card.contains(words), "\(words)")
        }
    }

    @Test func aClassifierHasNoPicturesAndIsNotServed() throws {
        let wording = ReportWording(try Self.architecture(Self.classifier), items: nil)
        #expect(wording.model == .classifier(classes: 4) && !wording.isOfUsers)
        #expect(!wording.showsSamples && !wording.showsReconstructions)
        #expect(wording.columns == "cross-entropy −ln p(label|x) in nats per image")
        let card = try Self.card(Self.classifier)
        #expect(
            card.contains("A classifier: 1×6×6 images to one of 4 classes.") && card.contains("Cross-entropy, test"))
        for words in ["ELBO", "ariational", "curl", "vae-server --models", ".png", "Likelihood", "and back", "Grey"] {
            #expect(!card.contains(words), "\(words)")
        }
    }

    /// With ids, and without: then items are numbers.
    @Test(arguments: [["a", "it's", "c", "d", "e"], nil])
    func aRecommenderIsAskedForItems(items: [String]?) throws {
        let change = { (configuration: inout ModelConfiguration) in configuration.likelihood = .multinomial }
        let wording = ReportWording(try Self.architecture(change, input: [1, 1, 5]), items: items)
        #expect(wording.isOfUsers && wording.unit == "nats per user" && !wording.showsReconstructions)
        let card = try Self.card(change, input: [1, 1, 5], items: items)
        #expect(card.contains("A Mult-VAE (") && card.contains("a user's choices among 5 items to 3 latent numbers"))
        let body = items == nil ? #"{"items": [[0, 1]], "n": 5}"# : #"{"items": [["a","it'\''s"]], "n": 5}"#
        #expect(card.contains("/v1/models/it/recommend \\\n    -d '\(body)'"))
        for words in ["image", "pixel", "[C, H, W]", ".png", "/sample"] { #expect(!card.contains(words), "\(words)") }
        let denoising = try Self.card(
            { configuration in
                change(&configuration)
                configuration.removeHeads(codeActivation: nil)
            }, input: [1, 1, 5], items: items)
        #expect(denoising.contains("A Mult-DAE (") && denoising.contains("Reconstruction error, test"))
    }

    @Test func aConditionalModelIsGivenALabel() throws {
        let card = try Self.card(classes: 2)
        #expect(card.contains("A conditional variational autoencoder"))
        #expect(card.contains("encode?label=0'") && card.contains("format=png&label=0'"))
    }

    @Test func paragraphsAreWrappedBetweenWords() {
        let lines = MarkdownText.paragraph(String(repeating: "p(x|z) ", count: 40)).split(separator: "\n")
        #expect(lines.count > 1 && lines.allSatisfy { $0.count <= MarkdownText.width && $0.hasSuffix("p(x\\|z)") })
    }
}
