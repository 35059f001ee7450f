import Glibc
import Testing

@testable import VAE

/// Standard normals from Philox: their bits are part of the product's contract.
@Suite struct NormalsTests {
    private func normals(_ stream: RandomStream, firstRow: UInt32 = 0, rows: Int = 1, width: Int) -> [Float] {
        let buffer = FloatBuffer(count: rows * width)
        unsafe stream.normals(firstRow: firstRow, rows: rows, width: width, into: buffer.base)
        return buffer.array()
    }

    /// Made by `Fixtures/make_numbers.py`: Philox in Python integers, Box & Muller in numpy float64.
    @Test func firstNumbersAreTheCommittedOnes() {
        let first = normals(RandomStream(seed: 7, domain: .prior), width: 18)
        #expect(
            first.map(\.bitPattern) == [
                0x3998_DD84, 0xBE9C_14E7, 0x3FE4_F600, 0x3F88_B00C, 0x3EC0_B7F6, 0xBFA4_BCCD, 0x3FE7_DF5C,
                0xBEFB_83EE, 0x404C_2EB5, 0x3E2D_AD71, 0x3EC2_7538, 0xBF08_2F2B, 0xBA91_281B, 0x3FAF_9B71,
                0x3FA0_BB2D, 0x3FBF_E2AC, 0x3FC8_FDC9, 0xBDD2_92E0,
            ])
        let last = normals(
            RandomStream(seed: 0xFEDC_BA98_7654_3210, domain: .posterior, draw: 3), firstRow: 4_294_967_295, width: 6)
        #expect(
            last.map(\.bitPattern) == [
                0xBEB4_ED71, 0xBF4D_72ED, 0x3F69_0823, 0x3F5B_4572, 0xBF6A_8E59, 0x3EA2_86F7,
            ])
    }

    /// Box & Muller in double with the C library's functions.
    @Test func agreeWithBoxAndMuller() {
        let stream = RandomStream(seed: 0x1234_5678_9ABC_DEF0, domain: .posterior, draw: 2)
        let found = normals(stream, firstRow: 11, width: 8192)
        for block in 0..<UInt32(2048) {
            let words = Philox.block(counter: (block, 11, 2, 1), key: (0x9ABC_DEF0, 0x1234_5678))
            for (pair, bits) in [(words.0, words.1), (words.2, words.3)].enumerated() {
                let radius = (-2 * log((Double(bits.0) + 0.5) / 0x1p32)).squareRoot()
                let angle = 2 * Double.pi * Double(bits.1) / 0x1p32
                let index = Int(block) * 4 + pair * 2
                let expected = (radius * cos(angle), radius * sin(angle))
                #expect(abs(Double(found[index]) - expected.0) <= 6e-8 * max(1e-6, abs(expected.0)))
                #expect(abs(Double(found[index + 1]) - expected.1) <= 6e-8 * max(1e-6, abs(expected.1)))
            }
        }
    }

    /// Bounds are four standard errors of each moment.
    @Test func momentsAreThoseOfTheNormalDistribution() {
        let count = 1 << 16
        let numbers = normals(RandomStream(seed: 1, domain: .prior), rows: count / 64, width: 64).map(Double.init)
        func moment(_ power: Int) -> Double {
            numbers.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * x } } / Double(count)
        }
        let error = 1 / Double(count).squareRoot()
        #expect(abs(moment(1)) < 4 * error)
        #expect(abs(moment(2) - 1) < 4 * error * 2.0.squareRoot())
        #expect(abs(moment(3)) < 4 * error * 15.0.squareRoot())
        #expect(abs(moment(4) - 3) < 4 * error * 96.0.squareRoot())
        let inside = Double(numbers.count { abs($0) < 1 }) / Double(count)
        #expect(abs(inside - 0.6827) < 4 * error * 0.466)
        // Neighbours come from one block; a slip in the quadrants would show here.
        let products = zip(numbers, numbers.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(products / Double(count)) < 4 * error)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 20]) func sameBitsWhateverRowsAreAskedTogether(width: Int) {
        let stream = RandomStream(seed: 99, domain: .prior)
        let together = normals(stream, rows: 12, width: width)
        let wide = normals(stream, rows: 12, width: width + 5)
        for row in 0..<12 {
            let expected = Array(together[row * width..<(row + 1) * width])
            #expect(normals(stream, firstRow: UInt32(row), width: width) == expected)
            #expect(Array(wide[row * (width + 5)..<row * (width + 5) + width]) == expected)
        }
        let order: [UInt32] = [7, 0, 11, 7, 3]
        let scattered = FloatBuffer(count: order.count * width)
        unsafe stream.normals(rowIndices: order, width: width, into: scattered.base)
        #expect(scattered.array() == order.flatMap { together[Int($0) * width..<(Int($0) + 1) * width] })
    }

    @Test func everyPartOfTheStreamMatters() {
        let streams = [
            RandomStream(seed: 1, domain: .prior), RandomStream(seed: 2, domain: .prior),
            RandomStream(seed: 1 << 32, domain: .prior), RandomStream(seed: 1, domain: .posterior),
            RandomStream(seed: 1, domain: .prior, draw: 1),
        ]
        let rows = streams.map { normals($0, width: 4) } + [normals(streams[0], firstRow: 1, width: 4)]
        #expect(Set(rows).count == rows.count)
    }

    @Test func noRowsWriteNothing() {
        let untouched = FloatBuffer([1, 2])
        unsafe RandomStream(seed: 1, domain: .prior).normals(rows: 0, width: 2, into: untouched.base)
        unsafe RandomStream(seed: 1, domain: .prior).normals(rows: 2, width: 0, into: untouched.base)
        #expect(untouched.array() == [1, 2])
    }
}
