import Glibc
import Testing

@testable import VAE
@testable import VAETraining

/// Moments of posteriors against numpy; the numbers are those of Fixtures/make_moments.py.
@Suite struct LatentMomentsTests {
    private let images: EncodedImages

    init() throws {
        let architecture = try VAEArchitecture(.dense(input: [1, 2, 2], hidden: [], latent: 3))
        images = EncodedImages(numbers: Array(0..<37), posterior: architecture.posterior, decoded: false)
        for index in 0..<37 * 3 {
            images.mu[index] = Float(sin(Double(index) * 0.7)) * 2
            images.logVariance[index] = Float(cos(Double(index) * 1.3) - 1)
        }
    }

    private func expect(_ found: [Double], _ expected: [Double], tolerance: Double = 1e-12) {
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < tolerance) }
    }

    @Test func aggregatePosterior() {
        let moments = LatentMoments(aggregateOf: images)
        expect(moments.mean, [0.005731007537326297, 0.04085425347895236, 0.056763089991904596])
        // e^x of the variances is in single precision.
        expect(
            moments.covariance,
            [
                2.4205146858854194, 1.500534587267499, 0.3410531059667861, 1.500534587267499, 2.464449079047647,
                1.5584900612457349, 0.3410531059667861, 1.5584900612457349, 2.5079739212389205,
            ], tolerance: 1e-7)
    }

    @Test func activities() {
        expect(images.activities(), [1.9542912228330325, 1.9997750454635161, 2.042944784969198])
    }

    @Test func divergences() {
        expect(
            images.columnMeans(images.divergences()), [1.209550830390816, 1.2341848658990828, 1.2569232136362785],
            tolerance: 1e-7)
    }

    /// Those of a mixture's component: points count by their weight.
    @Test func weightedMoments() {
        let codes = FloatBuffer([1, 2, 3, 4, 5, 6, 7, 8, 10] as [Float])
        let weights = [0.5, 0, 2.0]
        var sums = [Double](repeating: 0, count: 3)
        var products = [Double](repeating: 0, count: 9)
        unsafe LatentStatistics.addMoments(
            rows: 3, latent: 3, z: codes.base, weights: weights, sums: &sums, products: &products)
        #expect(sums == [14.5, 17, 21.5])
        let moments = LatentMoments(latent: 3, weight: 2.5, sums: sums, products: products)
        expect(moments.mean, [5.8, 6.8, 8.6])
        // Two points, 6, 6 and 7 apart, with shares of 0.2 and 0.8.
        expect(moments.covariance, [36, 36, 42, 36, 36, 42, 42, 42, 49].map { $0 * 0.16 })
    }
}
