internal import FoundationEssentials
internal import VAE

/// What `GET /v1/models/{model}` says: how the model is built, how it was trained, and how well it did.
struct ModelCard: Encodable {
    let name: String
    let input: [Int]
    let latent: Int
    let likelihood: String
    let precision: Precision
    let parameters: Int
    let license: String?
    let contentHash: String
    /// Of a conditional model.
    let classes: Int?
    /// Number of items of a recommendation model.
    let items: Int?
    /// Latent dimensions, those of the largest mean KL divergence first.
    let dimensionsByKL: [Int]
    let config: ModelConfiguration
    let training: TrainingRecord

    private enum CodingKeys: String, CodingKey {
        case name, input, latent, likelihood, precision, parameters, license, config, training, classes, items
        case contentHash = "content_hash"
        case dimensionsByKL = "dimensions_by_kl"
    }

    init(name: String, checkpoint: Checkpoint, contentHash: String, precision: Precision) {
        let configuration = checkpoint.architecture.configuration
        self.name = name
        input = configuration.input
        latent = configuration.latent
        likelihood = configuration.likelihood.name
        self.precision = precision
        parameters = checkpoint.parameters.count
        license = checkpoint.license
        self.contentHash = contentHash
        classes = configuration.classes
        items = checkpoint.architecture.normalisesInput ? checkpoint.architecture.inputCount : nil
        dimensionsByKL = LatentSpace(checkpoint).byDivergence
        config = configuration
        training = checkpoint.training
    }

    func json() throws -> [UInt8] { Array(try Self.encoder.encode(self)) }

    /// `text` as a JSON string.
    static func quoted(_ text: String) throws -> String { String(decoding: try encoder.encode(text), as: UTF8.self) }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
