import Testing

@testable import VAE

/// q(z|x) from the head's numbers: values, KL divergence, clamp, gradient.
@Suite struct PosteriorTests {
    private static func posterior(
        latent: Int, sigma: ModelConfiguration.SigmaHead, clamp: [Float] = [-10, 10]
    ) throws -> Posterior {
        var configuration = ModelConfiguration.dense(input: [1, 1, 2], hidden: [2], latent: latent)
        configuration.sigma = sigma
        configuration.logVarianceClamp = clamp
        return try VAEArchitecture(configuration).posterior
    }

    private static func kl(mu: [Float], logVariance: [Float]) -> [Float] {
        let (mu, logVariance, kl) = (FloatBuffer(mu), FloatBuffer(logVariance), FloatBuffer(count: mu.count))
        unsafe Posterior.klDivergence(
            count: mu.count, mu: mu.base, logVariance: logVariance.base, into: kl.base)
        return kl.array()
    }

    /// (μ, ln σ², KL), made by `Fixtures/make_numbers.py` in 80-bit floats.
    private static let divergences: [(mu: Float, logVariance: Float, kl: Double)] = [
        (0, 1e-7, 2.50000014e-15), (0, -1e-7, 2.49999998e-15), (0, 1e-5, 2.50000821e-11),
        (0, -0.0001, 2.49991654e-09), (0, 0.001, 2.50083378e-07), (0, 0.03, 0.000227266967),
        (0, -0.9, 0.153284823), (0, 1.1, 0.452083036), (0.0001, 0.0001, 7.50008296e-09), (0.5, -2, 0.692667642),
        (-3, 10, 11012.2329), (2, -10, 6.5000227), (0, 80, 2.77031119e+34), (0, -80, 39.5),
    ]

    /// Relative to the value: near zero, ½(σ² − 1 − ln σ²) as written would leave nothing but rounding.
    @Test func divergenceDoesNotCancelNearZero() {
        let found = Self.kl(mu: Self.divergences.map(\.mu), logVariance: Self.divergences.map(\.logVariance))
        for (value, expected) in zip(found, Self.divergences) {
            #expect(abs(Double(value) - expected.kl) <= 1e-6 * expected.kl, "\(expected): \(value)")
        }
    }

    @Test func divergenceIsZeroAtThePriorAndNeverNegative() {
        #expect(Self.kl(mu: [0, -0.0], logVariance: [0, -0.0]) == [0, 0])
        let tiny = (0..<2000).map { Float($0 - 1000) * 1.7e-9 }
        #expect(Self.kl(mu: tiny.map { _ in 0 }, logVariance: tiny).allSatisfy { $0 >= 0 })
        // Both sides of where the series hands over to the exponential.
        let around: [Float] = [0.99, 0.9999999, 1, 1.0000001, 1.01]
        let kl = Self.kl(mu: around.map { _ in 0 }, logVariance: around)
        #expect(zip(kl, kl.dropFirst()).allSatisfy { $0 <= $1 + 3e-7 })
    }

    @Test(arguments: [ModelConfiguration.SigmaHead.logVariance, .logSigma])
    func headBecomesMeanAndDeviation(sigma: ModelConfiguration.SigmaHead) throws {
        let posterior = try Self.posterior(latent: 2, sigma: sigma, clamp: [-4, 3])
        // Two rows of μ, μ, s, s. The last row leaves the clamp on both sides.
        let head = FloatBuffer([0.5, -1.5, 0.25, -1, 1e6, -1e6, 50, -50])
        let (mu, logVariance, deviation) = (FloatBuffer(count: 4), FloatBuffer(count: 4), FloatBuffer(count: 4))
        unsafe posterior.forward(
            rows: 2, head: head.base, mu: mu.base, logVariance: logVariance.base, sigma: deviation.base)
        #expect(mu.array() == [0.5, -1.5, 1e6, -1e6])
        let factor: Float = sigma == .logSigma ? 2 : 1
        #expect(logVariance.array() == [0.25 * factor, -1 * factor, 3, -4])
        // exp(½ ln σ²), by Python's math.exp.
        let expected: [Float] =
            sigma == .logSigma
            ? [1.2840254, 0.36787945, 4.4816890, 0.13533528] : [1.1331484, 0.60653067, 4.4816890, 0.13533528]
        #expect(largestDifference(deviation.array(), expected) < 3e-7)
    }

    @Test func clampBoundsThemselvesAreKept() throws {
        let posterior = try Self.posterior(latent: 3, sigma: .logVariance, clamp: [-80, 80])
        let head = FloatBuffer([0, 0, 0, -80, 80, .infinity])
        let (mu, logVariance, deviation) = (FloatBuffer(count: 3), FloatBuffer(count: 3), FloatBuffer(count: 3))
        unsafe posterior.forward(
            rows: 1, head: head.base, mu: mu.base, logVariance: logVariance.base, sigma: deviation.base)
        #expect(logVariance.array() == [-80, 80, 80])
        #expect(deviation.isFinite)
        let kl = FloatBuffer(Self.kl(mu: mu.array(), logVariance: logVariance.array()))
        #expect(kl.isFinite)
    }

    @Test func sampleIsReparameterised() {
        let (mu, sigma) = (FloatBuffer([1, -2, 0]), FloatBuffer([0.5, 2, 0]))
        let (noise, z) = (FloatBuffer([2, -1, 5]), FloatBuffer(count: 3))
        unsafe Posterior.sample(count: 3, mu: mu.base, sigma: sigma.base, noise: noise.base, into: z.base)
        #expect(z.array() == [2, -4, 0])
        unsafe Posterior.sample(
            count: 3, mu: mu.base, sigma: sigma.base, noise: noise.base, temperature: 0, into: z.base)
        #expect(z.array() == [1, -2, 0])
    }

    /// Loss Σ w·z + 0.7·KL; the last two latents lie outside the clamp, where the σ half must not move.
    @Test(arguments: [ModelConfiguration.SigmaHead.logVariance, .logSigma])
    func gradientIsTheFiniteDifference(sigma: ModelConfiguration.SigmaHead) throws {
        let (latent, rows) = (4, 2)
        let posterior = try Self.posterior(latent: latent, sigma: sigma, clamp: [-3, 3])
        let head = FloatBuffer([
            0.3, -1.2, 0.8, -0.4, 0.6, -0.7, 4, -4,
            -0.9, 0.1, 2, 1, 1e-3, 1.2, -5, 5,
        ])
        let (noise, weights) = (FloatBuffer.noise(rows * latent, seed: 1), FloatBuffer.noise(rows * latent, seed: 2))
        let count = rows * latent
        let (mu, logVariance) = (FloatBuffer(count: count), FloatBuffer(count: count))
        let (deviation, z, kl) = (FloatBuffer(count: count), FloatBuffer(count: count), FloatBuffer(count: count))
        func loss() -> Double {
            unsafe posterior.forward(
                rows: rows, head: head.base, mu: mu.base, logVariance: logVariance.base, sigma: deviation.base)
            unsafe Posterior.sample(
                count: count, mu: mu.base, sigma: deviation.base, noise: noise.base, into: z.base)
            unsafe Posterior.klDivergence(count: count, mu: mu.base, logVariance: logVariance.base, into: kl.base)
            return z.dot(weights) + 0.7 * kl.array().reduce(0) { $0 + Double($1) }
        }
        _ = loss()
        let gradient = FloatBuffer(count: head.count)
        let klScales = FloatBuffer([Float](repeating: 0.7, count: posterior.latent))
        unsafe posterior.backward(
            rows: rows, head: head.base, sigma: deviation.base, noise: noise.base, latentGradient: weights.base,
            klScales: klScales.base, into: gradient.base)
        try FiniteDifference.expect(gradient, toBeDerivativeOf: loss, by: head, sigma.rawValue)
        for index in [6, 7, 14, 15] { #expect(gradient[index] == 0) }
    }
}
