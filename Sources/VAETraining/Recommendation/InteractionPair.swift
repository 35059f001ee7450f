/// A user who chose an item, both by number.
struct InteractionPair: Hashable, Sendable {
    let user: UInt32
    let item: UInt32
}

/// Interactions in any order, perhaps repeated, with the ids behind the numbers.
struct InteractionList {
    let users: [String]
    let items: [String]
    let pairs: [InteractionPair]
}
