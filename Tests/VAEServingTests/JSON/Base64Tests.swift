import Testing

@testable import VAEServing

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    private func encode(_ bytes: [UInt8]) -> String {
        unsafe String(unsafeUninitializedCapacity: Base64.encodedBytes(bytes.count) + 1) { text in
            unsafe bytes.withUnsafeBufferPointer { unsafe Base64.encode($0, to: text.baseAddress.unsafelyUnwrapped) }
        }
    }

    private func decode(_ text: String) throws -> [UInt8] {
        try Base64.decode(Array(text.utf8).span)
    }

    @Test(arguments: vectors)
    func followsTheVectors(plain: String, encoded: String) throws {
        #expect(encode(Array(plain.utf8)) == encoded)
        #expect(try decode(encoded) == Array(plain.utf8))
        #expect(try decode(encoded.filter { $0 != "=" }) == Array(plain.utf8))
    }

    @Test func carriesEveryByte() throws {
        for count in 253...256 {
            let bytes = (0..<count).map { UInt8(255 - $0) }
            #expect(try decode(encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        ("Z", 1), ("Zm9vY", 5), ("Zm 9", 2), ("Zm9v\n", 4), ("Zm-_", 2), ("Zg=", 2), ("Z===", 1), ("====", 0), ("=", 0),
        ("Zm9v=", 4), ("Zg==Zg==", 2), ("Zh==", 1), ("Zm9=", 2), ("Zmé=", 2), ("Zm9vZm9v*AAA", 8),
    ])
    func refusesAnythingElse(text: String, index: Int) {
        #expect(throws: Base64.Malformed(index: index)) { try decode(text) }
    }
}
