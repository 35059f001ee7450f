internal import VAE

/// Users whose taste is told from a part of their items (`foldIn`, 80 %), to find the rest (`targets`, 20 %).
public struct HeldOutUsers: Sendable {
    /// Their ids.
    public let ids: [String]
    /// Users with too few items to have targets, who are left out.
    public let skipped: Int
    /// What is known of each, `[users, items]`.
    let foldIn: SparseRows
    /// What is to be found.
    let targets: SparseRows
    /// Both together.
    let rows: SparseRows

    /// Number of users.
    public var count: Int { ids.count }

    /// Draws ⌊0.2·n⌋ targets for each of `users`, who are numbers in `ids`, from `rows`. A user's targets depend on the
    /// seed, the user's number and items only.
    init(users: [Int], rows: SparseRows, ids: [String], seed: UInt64) {
        var kept: [Int] = []
        var foldIn: [ArraySlice<UInt32>] = []
        var targets: [ArraySlice<UInt32>] = []
        for (row, user) in users.enumerated() {
            let items = rows[row]
            let wanted = Int(InteractionSettings.targetShare * Double(items.count))
            guard wanted > 0 else { continue }
            let order = RandomStream(seed: seed, domain: .shuffle, draw: 1 &+ UInt32(user))
                .permutation(count: items.count)
            func pick(_ places: ArraySlice<UInt32>) -> ArraySlice<UInt32> {
                places.map { items[items.startIndex + Int($0)] }.sorted()[...]
            }
            kept.append(row)
            targets.append(pick(order[..<wanted]))
            foldIn.append(pick(order[wanted...]))
        }
        self.ids = kept.map { ids[users[$0]] }
        skipped = users.count - kept.count
        self.foldIn = SparseRows(width: rows.width, rows: foldIn)
        self.targets = SparseRows(width: rows.width, rows: targets)
        self.rows = SparseRows(width: rows.width, rows: kept.map { rows[$0] })
    }
}
