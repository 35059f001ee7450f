import Testing

@testable import VAE

/// Uniform numbers and permutations.
@Suite struct RandomStreamTests {
    @Test(arguments: [0, 1, 2, 3, 4, 5, 1000]) func permutationHoldsEveryIndexOnce(count: Int) {
        let order = RandomStream(seed: 5, domain: .shuffle).permutation(count: count)
        #expect(order.sorted() == (0..<UInt32(count)).map { $0 })
    }

    @Test func permutationDependsOnSeedAndEpochOnly() {
        let first = RandomStream(seed: 5, domain: .shuffle, draw: 0).permutation(count: 100)
        #expect(first == RandomStream(seed: 5, domain: .shuffle, draw: 0).permutation(count: 100))
        #expect(first != RandomStream(seed: 5, domain: .shuffle, draw: 1).permutation(count: 100))
        #expect(first != RandomStream(seed: 6, domain: .shuffle, draw: 0).permutation(count: 100))
        #expect(first != Array(0..<100))
    }

    /// Position of one index over many permutations of eight: χ² with 7 degrees of freedom, 99.99 % quantile 29.9.
    @Test func everyPlaceIsEquallyLikely() {
        var counts = [Int](repeating: 0, count: 8)
        for draw in 0..<UInt32(800) {
            let order = RandomStream(seed: 3, domain: .shuffle, draw: draw).permutation(count: 8)
            counts[order.firstIndex(of: 0)!] += 1
        }
        #expect(counts.reduce(0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 } < 29.9)
    }

    @Test func uniformsFillTheUnitInterval() {
        let numbers = RandomStream(seed: 8, domain: .dataset).uniforms(row: 2, count: 10_001)
        #expect(numbers.count == 10_001)
        #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
        let mean = numbers.reduce(0) { $0 + Double($1) } / 10_001
        #expect(abs(mean - 0.5) < 4 * 0.2887 / 100)
        #expect(numbers == RandomStream(seed: 8, domain: .dataset).uniforms(row: 2, count: 10_001))
        #expect(numbers != RandomStream(seed: 8, domain: .dataset).uniforms(row: 3, count: 10_001))
    }
}
