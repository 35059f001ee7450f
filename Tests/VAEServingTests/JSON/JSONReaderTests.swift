import Testing

@testable import VAEServing

@Suite struct JSONReaderTests {
    let reader = JSONReader(maximumBytes: 1 << 20, maximumDepth: 8, retainedBytes: 1 << 15)

    @Test func readsEveryKind() throws {
        let text = #"{"n":null,"t":true,"i":-7,"u":18446744073709551615,"d":0.5,"s":"x","a":[1,"b"],"o":{}}"#
        let value = try reader.parse(text)
        #expect(value.kind == .object)
        #expect(value.count == 8)
        #expect(try value["n"]?.kind == .null)
        #expect(try value["t"]?.bool == true)
        #expect(try value["i"]?.int == -7)
        #expect(try value["i"]?.double == -7)
        #expect(try value["u"]?.uint64 == .max)
        #expect(try value["d"]?.double == 0.5)
        #expect(try value["s"]?.string == "x")
        #expect(try value["a"]?.elements.map(\.kind) == [.number, .string])
        #expect(try value["a"]?.elements.count == 2)
        #expect(try value["o"]?.fields.isEmpty == true)
        #expect(try value["missing"] == nil)
        #expect(try value.fields.map(\.key) == ["n", "t", "i", "u", "d", "s", "a", "o"])
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u00e9\ud83d\ude00é😀""#, "é😀é😀"),
        (#""a\u0000b""#, "a\0b"),
        (#""""#, ""),
    ])
    func resolvesEscapes(text: String, expected: String) throws {
        let value = try reader.parse(text)
        #expect(try value.string == expected)
        #expect(value.withUTF8 { $0.count } == expected.utf8.count)
    }

    @Test(arguments: [
        ("", 0, "the document is empty, expected a JSON value"),
        ("  ", 2, "expected a value, found the end of the document at byte 2"),
        ("[NaN]", 1, "expected a value, found NaN or Infinity, which JSON does not have, at byte 1"),
        ("[1,-Infinity]", 3, "expected a value, found NaN or Infinity, which JSON does not have, at byte 3"),
        ("[1,2", 4, "expected ',' or ']', found the end of the document at byte 4"),
        (#"{"a":1"#, 6, "expected ',' or '}', found the end of the document at byte 6"),
        (#"{"a"}"#, 4, "expected ':', found '}' at byte 4"),
        ("{a:1}", 1, "expected a key in double quotes, found 'a' at byte 1"),
        ("[1] x", 4, "expected the end of the document, found 'x' at byte 4"),
        ("[1]]", 3, "expected the end of the document, found ']' at byte 3"),
        ("[1,]", 3, "expected a value, found ']' at byte 3"),
        ("[1 2]", 3, "expected ',' or ']', found '2' at byte 3"),
        (#"["abc"#, 5, #"expected '"' at the end of a string, found the end of the document at byte 5"#),
        ("[\"a\tb\"]", 3, "expected control characters to be escaped, found byte 0x09 at byte 3"),
        (#""\x""#, 2, #"expected one of "\/bfnrtu after a backslash, found 'x' at byte 2"#),
        (#""\ud800""#, 1, "expected a pair of surrogates, found one alone at byte 1"),
        ("[01]", 1, "expected a number without leading zeros at byte 1"),
        ("[1.]", 3, "expected a digit, found ']' at byte 3"),
        ("[1e999]", 1, "expected a number, found one beyond the range of 64-bit floating point at byte 1"),
        ("[18446744073709551616]", 1, "expected a number, found an integer beyond 64 bits at byte 1"),
        ("[\0]", 1, "expected a value, found byte 0x00 at byte 1"),
        ("\u{FEFF}[x]", 4, "expected a value, found 'x' at byte 4"),
    ])
    func saysWhereTextIsMalformed(text: String, offset: Int, message: String) {
        #expect(throws: JSONError(.malformed, message, byteOffset: offset)) { try reader.parse(text) }
    }

    @Test(
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0x22, 0x61, 0xC3, 0x22], 2), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
            ([0x22, 0xC0, 0x80, 0x22], 1),
        ] as [([UInt8], Int)])
    func refusesInvalidUTF8(bytes: [UInt8], offset: Int) throws {
        let error = try #require(throws: JSONError.self) { try reader.parse(bytes.span) }
        #expect(error.kind == .malformed)
        #expect(error.byteOffset == offset)
        #expect(error.description.hasPrefix("expected UTF-8"))
    }

    @Test func acceptsAByteOrderMark() throws {
        #expect(try reader.parse("\u{FEFF}5").int == 5)
    }

    @Test func limitsDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        #expect(try reader.parse(nested(8)).count == 1)
        let error = JSONError(.malformed, "arrays and objects are nested deeper than 8 levels")
        #expect(throws: error) { try reader.parse(nested(9)) }
        #expect(throws: error) { try reader.parse(nested(100_000)) }
    }

    @Test func limitsSizeAndGivesMemoryBack() throws {
        func padded(_ bytes: Int) -> String { "[1" + String(repeating: " ", count: bytes - 3) + "]" }
        #expect(try reader.parse(padded(1 << 20)).count == 1)
        #expect(reader.capacity == 1 << 20)
        let error = JSONError(.documentTooLarge, "the document has 1048577 bytes, expected at most 1048576")
        #expect(throws: error) { try reader.parse(padded(1 << 20 + 1)) }
        #expect(try reader.parse("1").int == 1)
        #expect(reader.capacity <= 1 << 15)
        #expect(try reader.parse(padded(1 << 16)).count == 1)
        reader.trim()
        #expect(reader.capacity == 0)
    }

    @Test func keepsWorkingAfterAFailure() throws {
        #expect(throws: JSONError.self) { try reader.parse("[") }
        #expect(try reader.parse("[1]").count == 1)
    }
}

extension JSONReader {
    /// Parses a literal, for tests.
    func parse(_ text: String) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8).span)
    }
}
