internal import FoundationEssentials
internal import VAE

/// What `GET /v1/models/{model}` says: how the model is built, how it was trained, how well it did, and what can be asked of
/// it by name.
struct ModelCard: Encodable {
    /// What is known without asking what the model can do.
    private struct Facts: Encodable {
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
        let config: ModelConfiguration
        let training: TrainingRecord

        enum CodingKeys: String, CodingKey {
            case name, input, latent, likelihood, precision, parameters, license, config, training, classes, items
            case contentHash = "content_hash"
        }
    }

    private let facts: Facts
    private let abilities: ModelAbilities

    init(
        name: String, checkpoint: Checkpoint, contentHash: String, precision: Precision, abilities: ModelAbilities
    ) {
        let (architecture, configuration) = (checkpoint.architecture, checkpoint.architecture.configuration)
        facts = Facts(
            name: name, input: configuration.input, latent: configuration.latent,
            likelihood: configuration.likelihood.name, precision: precision, parameters: checkpoint.parameters.count,
            license: checkpoint.license, contentHash: contentHash, classes: configuration.classes,
            items: architecture.normalisesInput ? architecture.inputCount : nil, config: configuration,
            training: checkpoint.training)
        self.abilities = abilities
    }

    /// The abilities' members stand beside the others.
    func encode(to encoder: any Encoder) throws {
        try facts.encode(to: encoder)
        try abilities.encode(to: encoder)
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
