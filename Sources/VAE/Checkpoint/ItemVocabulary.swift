/// The ids behind the numbers of a recommendation model's rows, as a JSON array in the metadata `items`: with them a
/// server can tell who asks in words of their own.
enum ItemVocabulary {
    /// The most ids that go into a file; a model of more items is known by numbers.
    static let maximumCount = 200_000
    /// Bytes of the longest id.
    static let longestID = 1024

    /// Reads and checks the ids for rows of `count` numbers.
    static func decode(_ json: String, count: Int) throws(CheckpointError) -> [String] {
        let items: [String]
        do { items = try CanonicalJSON.decode([String].self, from: json) } catch {
            throw .content("metadata \"items\": expected a JSON array of strings; \(error)")
        }
        try check(items, count: count)
        return items
    }

    /// Refuses ids that cannot be those of a model whose rows have `count` numbers.
    static func check(_ items: [String], count: Int) throws(CheckpointError) {
        guard items.count <= maximumCount else {
            throw .content("metadata \"items\": expected at most \(maximumCount) ids, found \(items.count)")
        }
        guard items.count == count else {
            throw .content(
                "metadata \"items\": expected \(count) ids, one for each number of a row; found \(items.count)")
        }
        var seen: Set<String> = []
        for (index, item) in items.enumerated() {
            guard !item.isEmpty, item.utf8.count <= longestID else {
                throw .content(
                    "metadata \"items\": expected ids of 1…\(longestID) bytes; number \(index) has \(item.utf8.count)")
            }
            guard seen.insert(item).inserted else {
                throw .content("metadata \"items\": expected every id once; \"\(item)\" is there again")
            }
        }
    }
}
