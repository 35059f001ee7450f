/// Bytes in messages.
enum HexText {
    /// `1f 8b`; `nothing` of no bytes.
    static func of(_ bytes: some Collection<UInt8>) -> String {
        guard !bytes.isEmpty else { return "nothing" }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }
}
