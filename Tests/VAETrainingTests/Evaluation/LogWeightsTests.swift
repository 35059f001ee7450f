import Glibc
import Testing
import VAE

/// Streamed sums of importance weights against direct ones.
@Suite struct LogWeightsTests {
    /// Log-weights as they come: rising, falling, and spread far beyond what exp can hold.
    static let sequences: [[Double]] = [
        [-100], [-3, -2, -1], [-1, -2, -3], [-1e4, -90, -1e4, -91.5, -90.25],
        (0..<50).map { (-90 - 40 * sin(Double($0))).rounded() },
        [700, 710, 705], [-.infinity, -5, -.infinity, -4],
    ]

    private func direct(_ logWeights: [Double]) -> Double {
        let largest = logWeights.max() ?? 0
        return largest + log(logWeights.reduce(0) { $0 + exp($1 - largest) }) - log(Double(logWeights.count))
    }

    private func streamed(_ logWeights: [Double]) -> LogWeights {
        var weights = LogWeights()
        for logWeight in logWeights { weights.add(logWeight) }
        return weights
    }

    @Test(arguments: sequences) func boundIsTheLogOfTheMeanWeight(logWeights: [Double]) {
        let bound = streamed(logWeights).bound
        #expect(abs(bound - direct(logWeights)) <= 1e-13 * abs(bound))
    }

    @Test(arguments: sequences) func effectiveSampleSizeIsThatOfTheNormalisedWeights(logWeights: [Double]) {
        let largest = logWeights.max() ?? 0
        let weights = logWeights.map { exp($0 - largest) }
        let sum = weights.reduce(0, +)
        let expected = 1 / weights.reduce(0) { $0 + ($1 / sum) * ($1 / sum) }
        #expect(abs(streamed(logWeights).effectiveSampleSize - expected) < 1e-12 * expected)
    }

    @Test func equalWeightsAllCount() {
        #expect(abs(streamed(Array(repeating: -77, count: 40)).effectiveSampleSize - 40) < 1e-12)
    }

    /// The definition, with every sample left out in turn.
    @Test func jackknifeIsThatOfNowozin() {
        let logWeights = (0..<50).map { -90 + 2 * sin(Double(7 * $0)) }
        let weights = streamed(logWeights)
        let k = Double(logWeights.count)
        let leftOut = logWeights.indices.map { index in
            direct(Array(logWeights[..<index] + logWeights[(index + 1)...]))
        }
        let expected = k * weights.bound - (k - 1) * leftOut.reduce(0, +) / k
        #expect(abs(weights.jackknife(logWeights) - expected) < 1e-10)
        #expect(weights.jackknife(logWeights) > weights.bound)
    }

    /// A weight above all others together leaves nothing to learn by leaving it out.
    @Test(arguments: [[-5.0], [-5, -900], [-5, -6, -8]]) func jackknifeOfOneWeightIsTheBound(logWeights: [Double]) {
        let weights = streamed(logWeights)
        #expect(weights.jackknife(logWeights) == weights.bound)
    }

    @Test(arguments: [Double.nan, .infinity]) func whatIsNoNumberIsSeen(value: Double) {
        #expect(streamed([-1, value, -2]).bound.isNaN)
        #expect(streamed([value]).bound.isNaN)
    }

    @Test func weightsOfZeroAreMinusInfinity() {
        #expect(streamed([-.infinity, -.infinity]).bound == -.infinity)
    }
}
