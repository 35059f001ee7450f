internal import VAE

/// Who chose what: every user's set of items. Neither the order of the file's lines nor repetition makes a difference.
struct Interactions {
    /// Ids of the users with enough items, ascending.
    let users: [String]
    /// Ids of the items that those users chose, ascending.
    let items: [String]
    /// `[users, items]`.
    let rows: SparseRows

    /// The most items, each of which is a number of every row the model takes and gives.
    static let mostItems = 1_000_000

    /// Puts `list` in order and drops users with fewer than `minimumItems` different items.
    init(_ list: InteractionList, minimumItems: Int) {
        let chosen = Self.chosen(list)
        let kept = chosen.indices.filter { chosen[$0].count >= minimumItems }.sorted { list.users[$0] < list.users[$1] }
        var isUsed = [Bool](repeating: false, count: list.items.count)
        for user in kept {
            for item in chosen[user] { isUsed[Int(item)] = true }
        }
        let order = isUsed.indices.filter { isUsed[$0] }.sorted { list.items[$0] < list.items[$1] }
        var place = [UInt32](repeating: 0, count: list.items.count)
        for (index, item) in order.enumerated() { place[item] = UInt32(index) }
        users = kept.map { list.users[$0] }
        items = order.map { list.items[$0] }
        rows = SparseRows(width: items.count, rows: kept.lazy.map { chosen[$0].map { place[Int($0)] }.sorted() })
    }

    /// The different items of each user, as numbers of `list`.
    private static func chosen(_ list: InteractionList) -> [ArraySlice<UInt32>] {
        var starts = [Int](repeating: 0, count: list.users.count + 1)
        for pair in list.pairs { starts[Int(pair.user) + 1] += 1 }
        for user in list.users.indices { starts[user + 1] += starts[user] }
        var next = starts
        var items = [UInt32](repeating: 0, count: list.pairs.count)
        for pair in list.pairs {
            items[next[Int(pair.user)]] = pair.item
            next[Int(pair.user)] += 1
        }
        return list.users.indices.map { user in
            items[starts[user]..<starts[user + 1]].sort()
            var last: UInt32?
            let distinct = items[starts[user]..<starts[user + 1]].filter { item in
                defer { last = item }
                return item != last
            }
            return distinct[...]
        }
    }
}
