internal import VAE

/// Users to learn from, to validate on and to test on: no user in two of them (strong generalisation: Marlin 2004), and
/// no item that the training users did not choose (Liang et al. 2018, section 4.1).
public struct InteractionSplit: Sendable {
    /// For reports.
    public let name: String
    /// Ids of the items, ascending; column i of every row is item i.
    public let items: [String]
    /// The users to learn from.
    public let train: InteractionDataset
    /// Users never learned from, to choose settings by.
    public let validation: HeldOutUsers
    /// Users never learned from, to be measured on once.
    public let test: HeldOutUsers

    /// Splits `interactions` by `settings`; the same users and seed give the same split.
    init(_ interactions: Interactions, name: String, settings: InteractionSettings) throws(DatasetError) {
        let count = interactions.users.count
        let heldOut = settings.heldOut(of: count)
        guard count - 2 * heldOut >= 2 else {
            throw .mismatch(
                "\(name): \(count) users have at least \(settings.minimumItems) items with ratings above "
                    + "\(settings.ratingAbove); expected at least \(2 * heldOut + 2), to hold out \(heldOut) for validation "
                    + "and \(heldOut) for the test: lower --minimum-items, --rating-above or --held-out-users")
        }
        let order = RandomStream(seed: settings.splitSeed, domain: .shuffle).permutation(count: count).map(Int.init)
        let trainUsers = order[..<(count - 2 * heldOut)].sorted()
        // The columns that the training users have, renumbered without gaps.
        let counts = trainUsers.reduce(into: [Int](repeating: 0, count: interactions.items.count)) { counts, user in
            for item in interactions.rows[user] { counts[Int(item)] += 1 }
        }
        let kept = counts.indices.filter { counts[$0] > 0 }
        var place = [UInt32?](repeating: nil, count: counts.count)
        for (index, item) in kept.enumerated() { place[item] = UInt32(index) }
        func rows(_ users: some Sequence<Int>) -> SparseRows {
            SparseRows(width: kept.count, rows: users.map { interactions.rows[$0].compactMap { place[Int($0)] } })
        }
        func held(_ users: ArraySlice<Int>, _ what: String) throws(DatasetError) -> HeldOutUsers {
            let users = users.sorted()
            let held = HeldOutUsers(users: users, rows: rows(users), ids: interactions.users, seed: settings.splitSeed)
            guard held.count > 0 else {
                throw .mismatch(
                    "\(name): none of the \(users.count) users held out for \(what) has an item to be found; expected "
                        + "users with at least 5 items that training users chose as well")
            }
            return held
        }
        self.name = name
        items = kept.map { interactions.items[$0] }
        train = InteractionDataset(rows(trainUsers))
        validation = try held(order[(count - 2 * heldOut)..<(count - heldOut)], "validation")
        test = try held(order[(count - heldOut)...], "the test")
    }

    /// For the training loop: whole rows.
    public func datasets() throws(DatasetError) -> DatasetPair {
        var pair = try DatasetPair(
            name: name, license: nil, train: train, test: InteractionDataset(test.rows),
            validation: InteractionDataset(validation.rows))
        pair.validationUsers = validation
        pair.items = items.count <= Checkpoint.maximumItems ? items : nil
        return pair
    }

    /// `9 586 users, 500 items, 98 765 interactions; …` for reports.
    public var summary: String {
        "\(name): \(train.count) training users, \(items.count) items, \(train.rows.columns.count) interactions; "
            + "\(validation.count) users for validation and \(test.count) for the test"
    }
}
