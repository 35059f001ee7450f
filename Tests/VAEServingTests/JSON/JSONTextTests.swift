import Testing

@testable import VAEServing

@Suite struct JSONTextTests {
    private func text(_ values: [Float], shape: [Int]) throws -> String {
        try unsafe String(unsafeUninitializedCapacity: JSONText.maximumBytes(floatsOf: shape)) { text in
            try unsafe values.withUnsafeBufferPointer {
                // An array without elements may have no address.
                let start = unsafe $0.baseAddress ?? UnsafePointer(bitPattern: 4).unsafelyUnwrapped
                return try unsafe JSONText.write(start, shape: shape, to: text.baseAddress.unsafelyUnwrapped)
            }
        }
    }

    @safe private func text(bytes: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
        unsafe String(unsafeUninitializedCapacity: bytes) { unsafe write($0.baseAddress.unsafelyUnwrapped) }
    }

    @Test(
        arguments: [
            ([0, 1, -1, -0.0], "[0,1,-1,-0.0]"),
            ([0.1, 0.001, 0.0012345, 0.00012345], "[0.1,0.001,0.0012345,1.2345e-4]"),
            ([10, 255, 16_777_216, 123_456.79], "[10,255,16777216,123456.79]"),
            ([1e9, 1e-5, .leastNonzeroMagnitude, .greatestFiniteMagnitude], "[1e9,1e-5,1e-45,3.4028235e38]"),
            ([-.leastNormalMagnitude, 1 / 3, 1e8], "[-1.1754944e-38,0.33333334,100000000]"),
            ([], "[]"),
        ] as [([Float], String)])
    func writesTheShortestDecimals(values: [Float], expected: String) throws {
        #expect(try text(values, shape: [values.count]) == expected)
    }

    @Test func nestsBracketsByShape() throws {
        let values = (0..<8).map { Float($0) }
        #expect(try text(values, shape: [8]) == "[0,1,2,3,4,5,6,7]")
        #expect(try text(values, shape: [2, 4]) == "[[0,1,2,3],[4,5,6,7]]")
        #expect(try text(values, shape: [2, 1, 2, 2]) == "[[[[0,1],[2,3]]],[[[4,5],[6,7]]]]")
        #expect(try text([], shape: [2, 0]) == "[[],[]]")
        #expect(try text([], shape: [0, 3]) == "[]")
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
    func reportsNonFiniteValues(value: Float) {
        #expect(throws: NonFiniteValue(index: 4)) { try text([0, 1, 2, 3, value, 5], shape: [2, 3]) }
    }

    /// Every exponent and sign with fractions at the edges and in between, through text and back.
    @Test func floatsComeBackAsTheSameBits() throws {
        var values: [Float] = []
        var state: UInt32 = 1
        for exponent in UInt32(0)..<255 {
            for fraction: UInt32 in [0, 1, 2, 0x3FFFFF, 0x400000, 0x7FFFFE, 0x7FFFFF] {
                values.append(Float(bitPattern: exponent << 23 | fraction))
            }
            for _ in 0..<4 {
                state = state &* 1_664_525 &+ 1_013_904_223
                values.append(Float(bitPattern: state & 0x8000_0000 | exponent << 23 | state >> 8 & 0x7FFFFF))
            }
        }
        // The only float whose shortest decimal does not survive the way through 64 bits.
        values.append(Float(bitPattern: 0x15AE_43FD))
        let document = try text(values, shape: [values.count])
        let read = try JSONReader(maximumBytes: 1 << 20).parse(document).readFloats(limit: values.count)
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
    }

    /// The standard library's description is the shortest round-trip decimal too, found by another algorithm.
    @Test func hasAsManyDigitsAsTheStandardLibrary() throws {
        func significant(_ text: String) -> String {
            let mantissa = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
            return String(mantissa.reversed().drop { $0 == "0" }.reversed())
        }
        var state: UInt32 = 7
        for _ in 0..<2000 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let value = Float(bitPattern: state)
            guard value.isFinite else { continue }
            let written = try text([value], shape: [1]).dropFirst().dropLast()
            #expect(significant(String(written)) == significant(value.description))
        }
    }

    @Test func writesSingleNumbers() throws {
        let room = JSONText.maximumNumberBytes
        #expect(text(bytes: room) { unsafe JSONText.write(Int.min, to: $0) } == "\(Int.min)")
        #expect(text(bytes: room) { unsafe JSONText.write(UInt64.max, to: $0) } == "\(UInt64.max)")
        for (value, expected) in [(0.1, "0.1"), (-2.5e-300, "-2.5e-300"), (0, "0"), (-0.0, "-0.0")] {
            #expect(text(bytes: room) { (try? unsafe JSONText.write(value, to: $0)) ?? 0 } == expected)
        }
        var bytes = [UInt8](repeating: 0, count: JSONText.maximumNumberBytes)
        #expect(throws: NonFiniteValue(index: 0)) {
            try unsafe bytes.withUnsafeMutableBufferPointer {
                try unsafe JSONText.write(Double.nan, to: $0.baseAddress.unsafelyUnwrapped)
            }
        }
    }

    @Test(arguments: [
        ("", #""""#),
        ("plain é😀", "\"plain é😀\""),
        ("\"\\/\u{8}\u{C}\n\r\t\0\u{1F}\u{7F}", #""\"\\/\b\f\n\r\t\u0000\u001f"# + "\u{7F}\""),
    ])
    func escapesStrings(string: String, expected: String) throws {
        let written = text(bytes: JSONText.maximumBytes(string)) { unsafe JSONText.write(string, to: $0) }
        #expect(written == expected)
        #expect(try JSONReader(maximumBytes: 1000).parse(written).string == string)
    }
}
