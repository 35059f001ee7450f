/// Reads the Python dictionary in the header of a `.npy` file: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
/// Nothing is evaluated; whatever is not written just so is refused with its place.
struct NPYHeaderScanner {
    struct Fields {
        var descriptor: String
        var isFortranOrder: Bool
        var extents: [Int]
    }

    /// NumPy's own limit.
    private static let maximumDimensions = 32

    private let bytes: ArraySlice<UInt8>
    private let path: String
    private var place: Int

    /// `bytes` is the dictionary with its padding; its indices are places in the file.
    init(bytes: ArraySlice<UInt8>, path: String) {
        self.bytes = bytes
        self.path = path
        place = bytes.startIndex
    }

    mutating func dictionary() throws(DatasetError) -> Fields {
        var descriptor: String?
        var isFortranOrder: Bool?
        var extents: [Int]?
        try expect("{")
        while !accept("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr": descriptor = try string()
            case "fortran_order": isFortranOrder = try boolean()
            case "shape": extents = try tuple()
            default: throw fail("'descr', 'fortran_order' or 'shape'", found: "'\(key)'")
            }
            if !accept(",") {
                try expect("}")
                break
            }
        }
        guard let descriptor, let isFortranOrder, let extents else {
            throw fail("'descr', 'fortran_order' and 'shape'", found: "only some of them")
        }
        return Fields(descriptor: descriptor, isFortranOrder: isFortranOrder, extents: extents)
    }

    private mutating func string() throws(DatasetError) -> String {
        skipSpace()
        guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            // Records: [('x', '<f4'), …].
            throw fail("a name in quotes (an array of plain numbers)", found: text)
        }
        let rest = bytes[(place + 1)...].prefix(64)
        guard let end = rest.firstIndex(of: quote) else { throw fail("a name of at most 63 characters", found: text) }
        defer { place = end + 1 }
        return String(decoding: bytes[place + 1..<end], as: UTF8.self)
    }

    private mutating func boolean() throws(DatasetError) -> Bool {
        if accept("False") { return false }
        if accept("True") { return true }
        throw fail("True or False", found: text)
    }

    private mutating func tuple() throws(DatasetError) -> [Int] {
        try expect("(")
        var numbers: [Int] = []
        while !accept(")") {
            guard numbers.count < Self.maximumDimensions else {
                throw fail("at most \(Self.maximumDimensions) dimensions", found: "more")
            }
            skipSpace()
            let digits = bytes[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
                throw fail("a number of the shape", found: text)
            }
            numbers.append(number)
            place += digits.count
            if !accept(",") {
                try expect(")")
                break
            }
        }
        return numbers
    }

    private var current: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a { place += 1 }
    }

    private mutating func accept(_ word: String) -> Bool {
        skipSpace()
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    private mutating func expect(_ word: String) throws(DatasetError) {
        guard accept(word) else { throw fail("\"\(word)\" of the header's dictionary", found: text) }
    }

    /// What stands here, for a message.
    private var text: String {
        let rest = bytes[place...].prefix(12)
        guard !rest.isEmpty else { return "the end of the header" }
        return "\"" + String(rest.map { (0x20..<0x7f).contains($0) ? Character(UnicodeScalar($0)) : "?" }) + "\""
    }

    private func fail(_ expected: String, found: String) -> DatasetError {
        .format(path: path, offset: place, expected: expected, found: found)
    }
}
