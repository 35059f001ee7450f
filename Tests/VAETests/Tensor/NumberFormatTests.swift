import Testing

@testable import VAE

/// Against Swift's own `Float16`, and the definition of bfloat16.
@Suite struct NumberFormatTests {
    private func read(_ words: [UInt16], _ format: NumberFormat) -> [Float] {
        let values = FloatBuffer(count: words.count)
        unsafe words.withUnsafeBytes { unsafe format.read(count: words.count, $0.baseAddress!, into: values.base) }
        return values.array()
    }

    private func write(_ values: [Float], _ format: NumberFormat) -> [UInt16] {
        var words = [UInt16](repeating: 0, count: values.count)
        unsafe words.withUnsafeMutableBytes {
            unsafe format.write(count: values.count, values, into: $0.baseAddress!)
        }
        return words
    }

    @Test func everyFloat16IsReadExactly() {
        let words = (0...UInt16.max).map { $0 }
        for (word, value) in zip(words, read(words, .float16)) {
            let expected = Float(Float16(bitPattern: word))
            #expect(value == expected || (value.isNaN && expected.isNaN), "\(word)")
        }
    }

    @Test func everyFloat16IsWrittenAsItself() {
        let words = (0...UInt16.max).filter { !Float16(bitPattern: $0).isNaN }
        #expect(write(read(words, .float16), .float16) == words)
    }

    /// Between neighbours, at ties, around the smallest and the largest number.
    private static var trying: [Float] {
        let edges: [Float] = [
            0, -0.0, 1, 65_504, 65_519.996, 65_520, 65_536, 1e9, .infinity, 0x1p-14, 0x1.ffcp-15, 0x1p-24, 0x1p-25,
            0x1.000002p-25, 0x1p-26, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        ]
        let spread = (0..<60_000).map { Float(bitPattern: UInt32($0) &* 71_573) }.filter { !$0.isNaN }
        let ties = (0..<2000).map { (1 + (Float($0) + 0.5) * 0x1p-10) * 0x1p-3 }
        return (edges + spread + ties).flatMap { [$0, -$0] }
    }

    @Test func float16IsRoundedToTheNearest() {
        for (value, word) in zip(Self.trying, write(Self.trying, .float16)) {
            #expect(word == Float16(value).bitPattern, "\(value)")
        }
    }

    @Test func bfloat16IsRoundedToTheNearest() {
        for (value, word) in zip(Self.trying, write(Self.trying, .bfloat16)) {
            let lower = Float(bitPattern: value.bitPattern & 0xffff_0000)
            let upper = Float(bitPattern: (value.bitPattern & 0xffff_0000) &+ 0x1_0000)
            let found = Float(bitPattern: UInt32(word) << 16)
            guard value.isFinite else {
                #expect(found == value)
                continue
            }
            let below = (Double(value) - Double(lower)).magnitude
            // One step beyond the largest number is infinite; its place in the row of numbers is that of 2¹²⁸.
            let above = ((upper.isFinite ? Double(upper) : value.sign == .minus ? -0x1p128 : 0x1p128) - Double(value))
                .magnitude
            let isEven = lower.bitPattern & 0x1_0000 == 0
            #expect(found == (below < above || (below == above && isEven) ? lower : upper), "\(value)")
        }
    }

    @Test func whatIsNoNumberStaysNone() {
        for format in [NumberFormat.float16, .bfloat16] {
            let words = write([.nan, -.nan, Float(bitPattern: 0x7f80_0001)], format)
            let numbers = read(words, format)
            #expect(numbers.allSatisfy { $0.isNaN })
        }
    }

    @Test(arguments: NumberFormat.allCases) func theLargestIsTheLargest(format: NumberFormat) {
        guard format != .float32 else { return }
        #expect(read(write([format.largest], format), format) == [format.largest])
        #expect(read(write([format.largest * 1.01], format), format)[0] > format.largest)
    }

    @Test func signedPixels() {
        let values = FloatBuffer([0, 0.25, 1, 1 / 255])
        unsafe SignedPixels.fromUnit(count: 4, values.base, into: values.base)
        #expect(values.array() == [-1, -0.5, 1, 2 * (1 / 255) - 1])
        unsafe SignedPixels.toUnit(count: 4, values.base, into: values.base)
        #expect(values[0] == 0 && values[1] == 0.25 && values[2] == 1)
    }
}
