internal import FoundationEssentials
internal import VAE

/// What `GET /v1/models/{model}` says: how the model is built, how it was trained, how well it did, and what can be asked of
/// it by name.
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
    let config: ModelConfiguration
    let training: TrainingRecord
    let abilities: ModelAbilities

    private enum CodingKeys: String, CodingKey {
        case name, input, latent, likelihood, precision, parameters, license, config, training, classes, items
        case contentHash = "content_hash"
    }

    init(name: String, checkpoint: Checkpoint, contentHash: String, precision: Precision, scorer: ImageScorer) {
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
        config = configuration
        training = checkpoint.training
        abilities = ModelAbilities(checkpoint, scorer: scorer)
    }

    /// The abilities' members stand beside the others.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(input, forKey: .input)
        try container.encode(latent, forKey: .latent)
        try container.encode(likelihood, forKey: .likelihood)
        try container.encode(precision, forKey: .precision)
        try container.encode(parameters, forKey: .parameters)
        try container.encodeIfPresent(license, forKey: .license)
        try container.encodeIfPresent(classes, forKey: .classes)
        try container.encodeIfPresent(items, forKey: .items)
        try container.encode(contentHash, forKey: .contentHash)
        try container.encode(config, forKey: .config)
        try container.encode(training, forKey: .training)
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
