internal import VAE

/// What a recommendation model chooses from: items by their number in a row, and by their ids where the checkpoint has
/// them.
struct ItemCatalogue: Sendable {
    /// Number of items.
    let count: Int
    /// Of each item, if the checkpoint says.
    private let ids: [String]?
    private let numbers: [String: Int]

    /// Nil for models of images.
    init?(_ checkpoint: Checkpoint) {
        guard checkpoint.architecture.normalisesInput else { return nil }
        count = checkpoint.architecture.inputCount
        ids = checkpoint.items
        numbers = Dictionary(uniqueKeysWithValues: (checkpoint.items ?? []).enumerated().map { ($1, $0) })
    }

    /// Whether items have ids.
    var hasIDs: Bool { ids != nil }

    /// The number of the item called `id`.
    func number(of id: String) -> Int? { numbers[id] }

    /// Item `number` as JSON: its id, or its number where it has none.
    func json(_ number: Int) -> String { ids.map { JSONText.quoted($0[number]) } ?? String(number) }
}
