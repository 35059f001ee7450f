import Glibc
import Testing

@testable import VAE

@Suite struct LatentDensityTests {
    /// Σ = L Lᵀ with L = [[2, 0], [1, 3]], so Σ⁻¹ and |Σ| = 36 are known by hand.
    private func aggregate(mixture: GaussianMixture? = nil, covariance: [Float] = [4, 2, 2, 10]) -> AggregatePosterior {
        AggregatePosterior(mean: [1, -1], covariance: covariance, mixture: mixture, meanImage: nil)
    }

    private func logNormal(_ x: Double, _ y: Double) -> Double {
        // L⁻¹ (x − m): u = (x − m₀)/2, v = (y − m₁ − u)/3.
        let u = (x - 1) / 2
        let v = (y + 1 - u) / 3
        return -0.5 * (u * u + v * v) - log(6) - log(2 * .pi)
    }

    @Test func mahalanobisIsTheWhitenedDistance() throws {
        let codes: [Float] = [1, -1, 3, 0, 0, 5]
        let found = try #require(unsafe LatentDensity(aggregate()).mahalanobis(rows: 3, z: codes))
        #expect(found[0] == 0)
        // (2, 1): u = 1, v = 0. (−1, 6): u = −½, v = 13/6.
        #expect(abs(found[1] - 1) < 1e-12)
        #expect(abs(found[2] - (0.25 + 169.0 / 36).squareRoot()) < 1e-12)
    }

    @Test func mixtureAddsDensities() throws {
        let mixture = try GaussianMixture(
            weights: [0.25, 0.75, 0], means: [1, -1, -2, 4, 0, 0], cholesky: [2, 0, 1, 3, 1, 0, 0, 1, 1, 0, 0, 1])
        let codes: [Float] = [0.5, 0.25, -2, 4, 1e4, 1e4]
        let density = LatentDensity(aggregate(mixture: mixture))
        let found = try #require(unsafe density.mixtureLogDensities(rows: 3, z: codes))
        for (row, z) in [(0.5, 0.25), (-2.0, 4.0)].enumerated() {
            let second = -0.5 * ((z.0 + 2) * (z.0 + 2) + (z.1 - 4) * (z.1 - 4)) - log(2 * .pi)
            let expected = log(0.25 * exp(logNormal(z.0, z.1)) + 0.75 * exp(second))
            #expect(abs(found[row] - expected) < 1e-6, "row \(row)")
        }
        #expect(found[2] < -1e5 && found[2].isFinite, "so far away that every density underflows")
    }

    @Test func whatIsNotThereIsNil() {
        let zero: [Float] = [0, 0]
        #expect(unsafe LatentDensity(aggregate()).mixtureLogDensities(rows: 1, z: zero) == nil)
        #expect(unsafe LatentDensity(aggregate(covariance: [1, 2, 2, 1])).mahalanobis(rows: 1, z: zero) == nil)
    }
}
