/// A model as it is served at one moment.
struct ServedModel: Sendable {
    /// Stands for the name for as long as it is served, whatever checkpoint is behind it; never used again for another.
    let slot: Int
    let loaded: LoadedModel
    /// The body of `GET /v1/models/{model}`: the checkpoint's card, and why a newer file is not served, if there is one.
    let card: [UInt8]

    var name: String { loaded.name }
    var contentHash: String { loaded.contentHash }

    init(slot: Int, loaded: LoadedModel, loadError: String?) {
        self.slot = slot
        self.loaded = loaded
        card = loadError.map { Self.card(loaded.card, adding: "\"load_error\":\(JSONText.quoted($0))") } ?? loaded.card
    }

    /// The card with `"changed"`: what a load answers.
    func card(changed: Bool) -> [UInt8] { Self.card(card, adding: "\"changed\":\(changed)") }

    private static func card(_ card: [UInt8], adding member: String) -> [UInt8] {
        card.dropLast() + Array(",\(member)}".utf8)
    }
}
