internal import VAE

/// Turns noise into codes where those of the training images lie: z = mean + temperature · L ε.
struct AggregateSampler: Sendable {
    private let latent: Int
    /// Sums of the weights up to each component.
    private let thresholds: [Double]
    /// `[K, latent]`.
    private let means: [Float]
    /// `[K, latent, latent]`, lower triangular.
    private let factors: [Float]

    /// The Gaussian of `aggregate`; nil if its covariance is none.
    init?(gaussianOf aggregate: AggregatePosterior) {
        guard let factor = aggregate.gaussianFactor else { return nil }
        latent = aggregate.latent
        thresholds = [1]
        means = aggregate.mean
        factors = factor.factor.map { Float($0) }
    }

    /// The mixture.
    init(_ mixture: GaussianMixture) {
        latent = mixture.latent
        var sum = 0.0
        thresholds = mixture.weights.map { weight in
            sum += Double(weight)
            return sum
        }
        means = mixture.means
        factors = mixture.cholesky
    }

    /// Turns `rows` rows of standard normals at `z` `[rows, latent]` into codes, in place. Row i of the component domain of
    /// `seed` decides which component row i is of, so that rows do not depend on how many there are.
    func apply(rows: Int, seed: UInt64, temperature: Float, z: UnsafeMutablePointer<Float>) {
        let stream = RandomStream(seed: seed, domain: .component)
        for row in 0..<rows {
            let chance = thresholds.count > 1 ? Double(stream.uniforms(row: UInt32(row), count: 1)[0]) : 0
            // Weights add up to 1 but for rounding: scaled, so that no chance is beyond them.
            let place = chance * thresholds[thresholds.count - 1]
            let component = thresholds.firstIndex { place < $0 } ?? thresholds.count - 1
            unsafe transform(component, temperature, z + row * latent)
        }
    }

    /// From the last number to the first, since each needs the noise of those before it.
    private func transform(_ component: Int, _ temperature: Float, _ z: UnsafeMutablePointer<Float>) {
        for dimension in (0..<latent).reversed() {
            let line = (component * latent + dimension) * latent
            var sum = 0.0
            for other in 0...dimension { sum += unsafe Double(factors[line + other]) * Double(z[other]) }
            unsafe z[dimension] = Float(Double(means[component * latent + dimension]) + Double(temperature) * sum)
        }
    }
}
