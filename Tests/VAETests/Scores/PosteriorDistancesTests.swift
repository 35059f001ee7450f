import Glibc
import Testing

@testable import VAE

@Suite struct PosteriorDistancesTests {
    private func noise(_ count: Int, seed: UInt64, positive: Bool = false) -> [Float] {
        FloatBuffer.noise(count, seed: seed).array().map { positive ? expf($0) : $0 }
    }

    private func measure(
        _ mu: [Float], _ sigma: [Float], _ otherMu: [Float], _ otherSigma: [Float], latent: Int, densities: Bool = true
    ) throws -> PosteriorDistances {
        var pauses = 0
        let found = unsafe PosteriorDistances(
            rows: mu.count / latent, mu: mu, sigma: sigma, others: otherMu.count / latent, otherMu: otherMu,
            otherSigma: otherSigma, latent: latent, haveDensities: densities
        ) { pauses += 1 }
        #expect(pauses == mu.count / latent)
        return found
    }

    /// KL(N(m, s²)‖N(n, t²)), as in every textbook.
    private func divergence(_ m: Float, _ s: Float, _ n: Float, _ t: Float) -> Double {
        let (m, s, n, t) = (Double(m), Double(s), Double(n), Double(t))
        return log(t / s) + (s * s + (m - n) * (m - n)) / (2 * t * t) - 0.5
    }

    /// A width that is no multiple of the lanes.
    @Test(arguments: [1, 3, 8, 21]) func areWhatTheFormulasSay(latent: Int) throws {
        let (mu, sigma) = (noise(2 * latent, seed: 1), noise(2 * latent, seed: 2, positive: true))
        let (others, spreads) = (noise(3 * latent, seed: 3), noise(3 * latent, seed: 4, positive: true))
        let found = try measure(mu, sigma, others, spreads, latent: latent)
        for row in 0..<2 {
            for other in 0..<3 {
                var (means, deviations, nats) = (0.0, 0.0, 0.0)
                for j in 0..<latent {
                    let (m, s) = (mu[row * latent + j], sigma[row * latent + j])
                    let (n, t) = (others[other * latent + j], spreads[other * latent + j])
                    means += pow(Double(m) - Double(n), 2)
                    deviations += pow(Double(s) - Double(t), 2)
                    nats += divergence(m, s, n, t) + divergence(n, t, m, s)
                }
                let place = row * 3 + other
                #expect(abs(Double(found.euclidean[place]) - means.squareRoot()) < 1e-5)
                #expect(abs(Double(found.wasserstein[place]) - (means + deviations).squareRoot()) < 1e-5)
                #expect(abs(Double(found.divergence[place]) - nats) < 1e-5 * max(1, nats))
            }
        }
    }

    @Test func nothingIsFarFromItself() throws {
        let (mu, sigma) = (noise(7, seed: 1), noise(7, seed: 2, positive: true))
        let found = try measure(mu, sigma, mu, sigma, latent: 7)
        #expect(found.euclidean == [0] && found.wasserstein == [0] && found.divergence == [0])
    }

    @Test func pointsHaveNoDivergence() throws {
        let found = try measure([0, 3], [0, 0], [4, 0, 0, 0], [0, 0, 0, 2], latent: 2, densities: false)
        #expect(found.euclidean == [5, 3] && found.wasserstein == [5, Float(13).squareRoot()])
        #expect(found.divergence.isEmpty)
    }
}
