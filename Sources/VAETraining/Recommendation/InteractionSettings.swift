/// What counts as an interaction, and who is held out: the protocol of Liang et al. 2018 (arXiv 1802.05814, section 4).
public struct InteractionSettings: Hashable, Sendable, Codable {
    /// A rating above it counts, others are dropped. Data without ratings count as they are.
    public var ratingAbove = 3.5
    /// Users with fewer items than this are dropped.
    public var minimumItems = 5
    /// Users held out for validation, and as many again for the test; `nil` for a tenth of all, at most 10 000.
    public var heldOutUsers: Int?
    /// Determines who is held out and which of their items are targets; not a run's seed, so that runs compare.
    public var splitSeed: UInt64 = 98_765

    /// The settings of the paper for MovieLens-20M.
    public init() {}

    /// Of a held-out user's items, the part that is to be found from the others.
    static let targetShare = 0.2

    /// Refuses what cannot work, naming the flag, the value and what to do.
    public func validate() throws(DatasetError) {
        guard ratingAbove.isFinite else {
            throw .option("--rating-above \(ratingAbove): expected a number, such as 3.5")
        }
        guard (1...100_000).contains(minimumItems) else {
            throw .option("--minimum-items \(minimumItems): expected 1…100000")
        }
        if let heldOutUsers, !(1...1_000_000).contains(heldOutUsers) {
            throw .option("--held-out-users \(heldOutUsers): expected 1…1000000")
        }
    }

    /// Users held out for validation, and again for the test, of `count`.
    func heldOut(of count: Int) -> Int { heldOutUsers ?? min(10_000, max(1, count / 10)) }
}
