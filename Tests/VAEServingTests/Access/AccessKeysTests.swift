import Testing

@testable import VAEServing

@Suite struct AccessKeysTests {
    private static let first = "0123456789abcdef"
    private static let second = String(repeating: "k", count: 256)
    private static let third = "third-key-of-22-letters"

    @Test func everyKeyOpens() {
        let keys = AccessKeys([Self.first, Self.second, Self.third])
        #expect(keys.count == 3)
        for key in [Self.first, Self.second, Self.third] { #expect(keys.contains(key[...]), "\(key)") }
    }

    @Test func nothingElseDoes() {
        let keys = AccessKeys([Self.first, Self.second, Self.third])
        for wrong in [
            "", "0", "0123456789abcde", "0123456789abcdeg", "1123456789abcdef", "0123456789abcdef0", "0123456789ABCDEF",
            "0123456789abcdef\0", Self.second + "k", String(Self.second.dropLast()), Self.second + Self.second,
            Self.first + Self.third, String(repeating: "\0", count: 16), "third-key-of-22-letterz",
        ] {
            #expect(!keys.contains(wrong[...]), "\(wrong)")
        }
        #expect(!AccessKeys([]).contains(""))
    }

    @Test func everyByteCounts() {
        let keys = AccessKeys([Self.second])
        for index in 0..<256 {
            var bytes = Array(Self.second.utf8)
            bytes[index] ^= 1
            #expect(!keys.contains(String(decoding: bytes, as: UTF8.self)[...]), "byte \(index)")
        }
    }
}
