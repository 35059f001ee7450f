internal import HTTPServer
package import VAE

/// A checkpoint in service: packed weights, and everything that replies say about it, rendered once.
package final class LoadedModel: Sendable {
    /// File name without its extension.
    package let name: String
    package let model: VAEModel
    /// The body of `GET /v1/models/{model}`.
    let card: [UInt8]
    /// 16 hexadecimal digits of the file's contents: part of every ETag.
    let contentHash: String
    /// `{"model":"mnist"`: how every JSON reply of this model starts.
    let replyPrefix: [UInt8]
    /// Classes of the data with the means of their codes; empty if the checkpoint has none.
    let prototypes: [LatentLandmark]
    /// What images cost under it.
    let scorer: ImageScorer
    /// Besides the prior, what samples can be drawn from.
    let samplers: [LatentSampler: AggregateSampler]
    /// What held-out images cost, if the checkpoint says so.
    let heldOut: EvaluationRecord.Scores?
    /// Of each `InferencePart`.
    let statistics = InferencePart.allCases.map { _ in InferenceStatistics() }

    /// Of a recommendation model; nil for models of images.
    let items: ItemCatalogue?
    /// Prototypes and named directions, if the checkpoint has them.
    let landmarks: LatentLandmarks?
    /// Where codes lie, and which dimensions matter.
    let latentSpace: LatentSpace

    var architecture: VAEArchitecture { model.architecture }

    /// Reads and checks the checkpoint at `path`, and packs it for `precision`.
    package convenience init(name: String, path: String, precision: Precision = .f32) throws {
        let file = try SafetensorsFile(path: path)
        try self.init(name: name, file, contentHash: try file.contentHash(), precision: precision)
    }

    /// The same from a file already opened and hashed. Throws when it was written to meanwhile.
    init(name: String, _ file: SafetensorsFile, contentHash: String, precision: Precision) throws {
        let checkpoint = try Checkpoint(file)
        try file.checkUnchanged(contentHash: contentHash)
        try Self.requireServable(checkpoint.architecture.configuration)
        self.name = name
        self.contentHash = contentHash
        model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters, precision: precision)
        prototypes = checkpoint.landmarks?.prototypes ?? []
        scorer = ImageScorer(model, aggregate: checkpoint.aggregate)
        samplers = LatentSampler.samplers(of: checkpoint.aggregate)
        heldOut = checkpoint.evaluation?.scores
        items = ItemCatalogue(checkpoint)
        landmarks = checkpoint.landmarks
        latentSpace = LatentSpace(checkpoint)
        card = try ModelCard(
            name: name, checkpoint: checkpoint, contentHash: contentHash, precision: precision,
            abilities: ModelAbilities(checkpoint, scorer: scorer, samplers: samplers, space: latentSpace)
        ).json()
        replyPrefix = Array("{\"model\":\(try ModelCard.quoted(name))".utf8)
    }

    /// Throws for models that are no autoencoders.
    private static func requireServable(_ configuration: ModelConfiguration) throws(ModelError) {
        if let classes = configuration.predictedClasses {
            throw .configuration(
                "a classifier cannot be served yet: its decoder gives \(classes) numbers, and no images")
        }
    }
}
