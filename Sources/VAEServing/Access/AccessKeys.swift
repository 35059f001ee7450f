/// Keys, and whether a text is one of them, found out in a time that tells nothing of the keys but their number: every
/// key is compared to its end, whatever the others said.
struct AccessKeys: Sendable {
    /// Characters of a key.
    static let lengths = 16...256
    private static let words = 1 + lengths.upperBound / 8

    /// Each key in `words` words: its length, then its bytes, then zeros.
    private let blocks: [UInt64]

    /// How many keys there are.
    var count: Int { blocks.count / Self.words }

    /// Keys of `lengths` visible ASCII characters.
    init(_ keys: [String]) {
        var blocks = [UInt64](repeating: 0, count: keys.count * Self.words)
        for (index, key) in keys.enumerated() {
            precondition(Self.lengths.contains(key.utf8.count), "a key's length is checked where it is read")
            Self.pack(key, into: &blocks, at: index * Self.words)
        }
        self.blocks = blocks
    }

    /// Whether `candidate` is one of the keys.
    func contains(_ candidate: Substring) -> Bool {
        var block = [UInt64](repeating: 0, count: Self.words)
        Self.pack(String(candidate), into: &block, at: 0)
        var found: UInt64 = 0
        for key in 0..<count {
            var difference: UInt64 = 0
            for word in 0..<Self.words { difference |= blocks[key * Self.words + word] ^ block[word] }
            // 1 when the difference is zero, without a branch.
            found |= ((difference | (0 &- difference)) >> 63) ^ 1
        }
        return found == 1
    }

    /// What is longer than any key keeps its length, and so differs from all.
    private static func pack(_ text: String, into blocks: inout [UInt64], at start: Int) {
        blocks[start] = UInt64(text.utf8.count)
        for (index, byte) in text.utf8.prefix(lengths.upperBound).enumerated() {
            blocks[start + 1 + index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
        }
    }
}
