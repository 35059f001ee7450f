/// Whether a file's first line names its columns, and whether they are those expected.
enum InteractionHeader {
    /// `names` are the fields of the first line, in lower case. With a third column it is the rating that tells.
    static func isHeader(_ names: [String]) -> Bool {
        if names.count >= 3 {
            return Double(names[2]) == nil && (isUser(names[0]) || isItem(names[1]) || isKnown(names[2]))
        }
        return names.count == 2 && (isUser(names[0]) || isItem(names[0])) && (isUser(names[1]) || isItem(names[1]))
    }

    /// What is wrong with the columns of a header; nil if nothing is.
    static func problem(_ names: [String]) -> String? {
        let isSwapped = isItem(names[0]) || isUser(names[1])
        let hasRating = names.count < 3 || !isTime(names[2])
        return isSwapped || !hasRating ? names.joined(separator: ", ") : nil
    }

    private static func isUser(_ name: String) -> Bool {
        ["user", "member", "customer", "account"].contains { name.hasPrefix($0) } || name == "uid"
    }

    private static func isItem(_ name: String) -> Bool {
        ["item", "movie", "product", "song", "article", "book", "business"].contains { name.hasPrefix($0) }
            || ["sid", "iid", "mid"].contains(name)
    }

    private static func isKnown(_ name: String) -> Bool {
        ["rating", "score", "count", "plays", "stars", "value", "weight"].contains { name.hasPrefix($0) }
            || isTime(name)
    }

    private static func isTime(_ name: String) -> Bool { ["time", "date"].contains { name.hasPrefix($0) } }
}
