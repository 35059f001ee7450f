/// Numbers at any place of a file in memory, with its end checked.
struct LittleEndianReader {
    let bytes: [UInt8]
    let path: String

    /// The unsigned number in `count` bytes from `offset` on. What needs more than 63 bits becomes the largest `Int`.
    func number(at offset: Int, bytes count: Int) throws(DatasetError) -> Int {
        guard offset >= 0, offset <= bytes.count, bytes.count - offset >= count else {
            throw fail(bytes.count, "a number of \(count) bytes at byte \(offset)", "the end of the file")
        }
        return Int(clamping: bytes[offset..<offset + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    func fail(_ offset: Int, _ expected: String, _ found: String) -> DatasetError {
        .format(path: path, offset: offset, expected: expected, found: found)
    }
}
