/// Reads `user,item[,rating[,timestamp]]` lines: CSV, TSV, MovieLens' `::`, with or without a header, plain or gzip.
struct InteractionFile {
    let path: String
    /// A rating above it counts.
    let ratingAbove: Double

    /// Bytes of the longest id accepted.
    static let longestID = 256
    /// The most different users, and interactions that count; 16 Mi and 256 Mi.
    static let mostUsers = 1 << 24
    static let mostInteractions = 1 << 28

    private var format: Format?
    private var users = IDTable()
    private var items = IDTable()
    private var pairs: [InteractionPair] = []

    /// What the first line says about all.
    private struct Format {
        let separator: FieldScanner.Separator
        let fields: Int
    }

    /// Reads the whole file. Lines with a rating that does not count are checked like the others, and dropped.
    static func read(_ path: String, ratingAbove: Double) throws(DatasetError) -> InteractionList {
        var file = InteractionFile(path: path, ratingAbove: ratingAbove)
        try TextLines(path: path).forEach { number, line throws(DatasetError) in
            try file.read(line, number: number)
        }
        guard !file.pairs.isEmpty else {
            throw .mismatch(
                "\(path): expected lines user,item[,rating[,timestamp]] with ratings above \(ratingAbove); found none")
        }
        return InteractionList(users: file.users.names, items: file.items.names, pairs: file.pairs)
    }

    private init(path: String, ratingAbove: Double) {
        self.path = path
        self.ratingAbove = ratingAbove
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, number: Int) throws(DatasetError) {
        // A byte-order mark is no part of the first id.
        let hasMark = number == 1 && bytes.starts(with: [0xef, 0xbb, 0xbf])
        let line = hasMark ? bytes.dropFirst(3) : bytes
        guard line.count > 0 else { return }
        guard let format else { return try begin(line, number: number) }
        try readInteraction(line, number: number, format: format)
    }

    private mutating func begin(_ line: ArraySlice<UInt8>, number: Int) throws(DatasetError) {
        guard let separator = FieldScanner.separator(of: line) else {
            throw self.line(
                number, "user,item[,rating[,timestamp]], separated by comma, tab, ::, semicolon or space",
                Self.quoted(line))
        }
        var scanner = FieldScanner(line, separator: separator)
        var names: [String] = []
        while let field = scanner.next() {
            names.append(String(decoding: field, as: UTF8.self).lowercased())
        }
        let format = Format(separator: separator, fields: names.count)
        self.format = format
        let isHeader = InteractionHeader.isHeader(names)
        if isHeader, let problem = InteractionHeader.problem(names) {
            throw self.line(number, "the columns user, item[, rating[, timestamp]] in this order", problem)
        }
        if !isHeader { try readInteraction(line, number: number, format: format) }
    }

    private mutating func readInteraction(
        _ line: ArraySlice<UInt8>, number: Int, format: Format
    ) throws(DatasetError) {
        var scanner = FieldScanner(line, separator: format.separator)
        let user = scanner.next()
        let item = scanner.next()
        let rating = scanner.next()
        var fields = (user == nil ? 0 : 1) + (item == nil ? 0 : 1) + (rating == nil ? 0 : 1)
        while scanner.next() != nil { fields += 1 }
        guard let user, let item, fields == format.fields else {
            throw self.line(
                number, "\(format.fields) fields separated by \(format.separator.name), as in the first line",
                "\(fields): \(Self.quoted(line))")
        }
        var counts = true
        if let rating {
            guard let value = Self.number(rating) else {
                throw self.line(number, "a rating that is a number", Self.quoted(rating))
            }
            counts = value > ratingAbove
        }
        let userID = try id(user, "a user", number)
        let itemID = try id(item, "an item", number)
        guard counts else { return }
        pairs.append(InteractionPair(user: users.index(of: userID), item: items.index(of: itemID)))
        guard users.names.count <= Self.mostUsers, items.names.count <= Interactions.mostItems,
            pairs.count <= Self.mostInteractions
        else {
            throw self.line(
                number,
                "at most \(Self.mostUsers) users, \(Interactions.mostItems) items and \(Self.mostInteractions) interactions",
                "more")
        }
    }

    private func id(
        _ bytes: ArraySlice<UInt8>, _ what: String, _ number: Int
    ) throws(DatasetError) -> String {
        guard bytes.count > 0 else { throw line(number, "\(what)'s id", "an empty field") }
        guard bytes.count <= Self.longestID else {
            throw line(number, "\(what)'s id of at most \(Self.longestID) bytes", "\(bytes.count)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw line(number, "\(what)'s id in UTF-8", "other bytes")
        }
        return text.utf8.contains(0x22) ? text.replacing("\"\"", with: "\"") : text
    }

    /// `4`, `3.5` and the like at once, everything else by the standard library; nil for what is no finite number.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
        if bytes.count == 1, let digit = bytes.first, (0x30...0x39).contains(digit) { return Double(digit - 0x30) }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(60), as: UTF8.self)
        let plain = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        return "\"\(String(String.UnicodeScalarView(plain)))\(bytes.count > 60 ? "…" : "")\""
    }

    private func line(_ number: Int, _ expected: String, _ found: String) -> DatasetError {
        .line(path: path, number: number, expected: expected, found: found)
    }
}
