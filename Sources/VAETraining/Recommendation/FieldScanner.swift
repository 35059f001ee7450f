/// The fields of one line, by what separates them; quotes around a field (RFC 4180) and spaces about it do not count.
struct FieldScanner {
    /// Between two fields. The first that occurs in a file's first line is that of the file.
    enum Separator: CaseIterable {
        /// As in MovieLens-1M.
        case doubleColon
        case tab, comma, semicolon, space

        var name: String {
            switch self {
            case .doubleColon: "::"
            case .tab: "tab"
            case .comma: "comma"
            case .semicolon: "semicolon"
            case .space: "space"
            }
        }

        fileprivate var byte: UInt8 {
            switch self {
            case .doubleColon: 0x3a
            case .tab: 0x09
            case .comma: 0x2c
            case .semicolon: 0x3b
            case .space: 0x20
            }
        }
    }

    private let bytes: ArraySlice<UInt8>
    private let separator: Separator
    private var position: Int
    private var isDone = false
    private static let space: UInt8 = 0x20
    private static let quote: UInt8 = 0x22

    init(_ bytes: ArraySlice<UInt8>, separator: Separator) {
        self.bytes = bytes
        self.separator = separator
        position = bytes.startIndex
    }

    /// The first separator that `line` has.
    static func separator(of line: ArraySlice<UInt8>) -> Separator? {
        Separator.allCases.first { separator in
            var scanner = FieldScanner(line, separator: separator)
            _ = scanner.next()
            return !scanner.isDone
        }
    }

    /// The next field; nil behind the last.
    mutating func next() -> ArraySlice<UInt8>? {
        guard !isDone else { return nil }
        let start = afterSpaces(position)
        if start < bytes.endIndex && bytes[start] == Self.quote, let end = closingQuote(after: start) {
            let after = afterSpaces(end + 1)
            if after == bytes.endIndex || isSeparator(at: after) {
                advance(to: after)
                return bytes[start + 1..<end]
            }
        }
        var end = start
        while end < bytes.endIndex && !isSeparator(at: end) { end += 1 }
        advance(to: end)
        while end > start && bytes[end - 1] == Self.space { end -= 1 }
        return bytes[start..<end]
    }

    private func afterSpaces(_ start: Int) -> Int {
        var index = start
        while index < bytes.endIndex && bytes[index] == Self.space && separator != .space { index += 1 }
        return index
    }

    private func isSeparator(at index: Int) -> Bool {
        guard bytes[index] == separator.byte else { return false }
        guard separator == .doubleColon else { return true }
        return index + 1 < bytes.endIndex && bytes[index + 1] == separator.byte
    }

    private mutating func advance(to end: Int) {
        isDone = end >= bytes.endIndex
        position = end + (separator == .doubleColon ? 2 : 1)
    }

    /// A doubled quote stands for one and does not close.
    private func closingQuote(after start: Int) -> Int? {
        var index = start + 1
        while index < bytes.endIndex {
            if bytes[index] == Self.quote {
                guard index + 1 < bytes.endIndex && bytes[index + 1] == Self.quote else { return index }
                index += 1
            }
            index += 1
        }
        return nil
    }
}
