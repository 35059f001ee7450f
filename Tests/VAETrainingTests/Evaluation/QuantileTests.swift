import Glibc
import Testing
import VAE

@testable import VAETraining

@Suite struct QuantileTests {
    /// Against numpy: Fixtures/make_moments.py.
    @Test func agreesWithNumpy() {
        let values = (1...53).map { sin(Double($0 * $0)) }
        let expected = [
            -0.9999501551783262, -0.9995837916114999, -0.9910611063945753, -0.9503072024440621, -0.7568024953079282,
            -0.236456371968843, 0.7025150575473956, 0.9389185539627123, 0.9893425378169584, 0.9982890105667428,
            0.9987626033078959,
        ]
        for (found, expected) in zip(Quantile.values(values), expected) { #expect(abs(found - expected) < 1e-14) }
    }

    /// What they are for: of new scores from the same distribution the fraction `rank` lies below.
    @Test func isCalibrated() {
        let random = RandomStream(seed: 1, domain: .dataset)
        func scores(_ row: UInt32) -> [Double] {
            random.uniforms(row: row, count: 20_000).map { -log(1 - Double($0)) }
        }
        let held = scores(2)
        for (rank, value) in zip(Quantile.ranks, Quantile.values(scores(1))) {
            let below = Double(held.count { $0 < value }) / Double(held.count)
            // Both sets are samples: four standard deviations of the difference.
            #expect(
                abs(below - rank) < 4 * (2 * rank * (1 - rank) / Double(held.count)).squareRoot(), "\(rank): \(below)")
        }
    }

    @Test func oneValueIsAllOfThem() {
        #expect(Quantile.values([3.5]) == Quantile.ranks.map { _ in 3.5 })
    }
}
