internal import Glibc

/// How likely a place in latent space is by what is known of the aggregate posterior: one Gaussian, and perhaps a mixture.
public struct LatentDensity: Sendable {
    /// One Gaussian, ready to be evaluated.
    private struct Component: Sendable {
        let mean: [Double]
        /// L⁻¹ of covariance L Lᵀ.
        let whitening: [Double]
        /// ln of the weight and of the density at the mean.
        let constant: Double

        init(mean: ArraySlice<Float>, factor: Cholesky, weight: Double) {
            self.mean = mean.map(Double.init)
            whitening = factor.inverse
            constant = log(weight) - factor.halfLogDeterminant - 0.5 * Double(factor.size) * log(2 * Double.pi)
        }

        /// ln (weight · density) of z `[rows, latent]`.
        func logDensities(rows: Int, z: UnsafePointer<Float>, scratch: inout [Double]) -> [Double] {
            var result = [Double](repeating: 0, count: rows)
            unsafe LatentStatistics.logDensities(
                rows: rows, latent: mean.count, z: z, mean: mean, whitening: whitening, constant: constant,
                scratch: &scratch, into: &result)
            return result
        }
    }

    private let latent: Int
    private let gaussian: Component?
    private let mixture: [Component]

    /// Prepares what `aggregate` has; a covariance that is not positive definite counts as none.
    public init(_ aggregate: AggregatePosterior) {
        latent = aggregate.latent
        gaussian = aggregate.gaussianFactor.map { Component(mean: aggregate.mean[...], factor: $0, weight: 1) }
        let size = latent
        mixture =
            aggregate.mixture.map { mixture in
                mixture.weights.indices.filter { mixture.weights[$0] > 0 }.map { k in
                    let factor = mixture.cholesky[k * size * size..<(k + 1) * size * size]
                    return Component(
                        mean: mixture.means[k * size..<(k + 1) * size],
                        factor: Cholesky(factor: factor.map(Double.init), size: size),
                        weight: Double(mixture.weights[k]))
                }
            } ?? []
    }

    /// √((z − m)ᵀ Σ⁻¹ (z − m)) of each of the codes z `[rows, latent]`; nil without a covariance.
    public func mahalanobis(rows: Int, z: UnsafePointer<Float>) -> [Double]? {
        guard let gaussian else { return nil }
        var scratch = [Double](repeating: 0, count: LatentStatistics.scratchCount(latent: latent))
        return unsafe gaussian.logDensities(rows: rows, z: z, scratch: &scratch).map {
            max(0, 2 * (gaussian.constant - $0)).squareRoot()
        }
    }

    /// ln Σ_k weight_k N(z; mean_k, L_k L_kᵀ) of each of the codes z `[rows, latent]`; nil without a mixture.
    public func mixtureLogDensities(rows: Int, z: UnsafePointer<Float>) -> [Double]? {
        guard !mixture.isEmpty else { return nil }
        var scratch = [Double](repeating: 0, count: LatentStatistics.scratchCount(latent: latent))
        let parts = mixture.map { unsafe $0.logDensities(rows: rows, z: z, scratch: &scratch) }
        return (0..<rows).map { row in
            let largest = parts.reduce(-Double.infinity) { max($0, $1[row]) }
            guard largest.isFinite else { return largest }
            return largest + log(parts.reduce(0) { $0 + exp($1[row] - largest) })
        }
    }
}
