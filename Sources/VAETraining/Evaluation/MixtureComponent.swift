internal import Glibc
internal import VAE

/// One Gaussian of a mixture while it is fitted, in double.
struct MixtureComponent: Sendable {
    /// Its share of the points.
    var weight: Double
    /// `[latent]`.
    let mean: [Double]
    /// `[latent, latent]`, L of covariance L Lᵀ.
    let cholesky: [Double]
    private let whitening: [Double]
    private let logNormaliser: Double

    /// Nil if `covariance` is not positive definite.
    init?(weight: Double, mean: [Double], covariance: [Double]) {
        let latent = mean.count
        guard let factor = Cholesky(covariance, size: latent) else { return nil }
        self.weight = weight
        self.mean = mean
        cholesky = factor.factor
        whitening = factor.inverse
        let logDeterminant = (0..<latent).reduce(0) { $0 + log(factor.factor[$1 * latent + $1]) }
        logNormaliser = -logDeterminant - 0.5 * Double(latent) * log(2 * Double.pi)
    }

    /// Covariance 1: its log-densities are −½ of squared distances, but for a constant.
    init(at centre: [Double]) {
        let latent = centre.count
        weight = 1
        mean = centre
        var identity = [Double](repeating: 0, count: latent * latent)
        for index in 0..<latent { identity[index * latent + index] = 1 }
        cholesky = identity
        whitening = identity
        logNormaliser = 0
    }

    /// ln (weight · density) at each of `rows` points z `[rows, latent]`.
    func logDensities(
        rows: Int, z: UnsafePointer<Float>, scratch: DoubleBuffer, into result: UnsafeMutablePointer<Double>
    ) {
        unsafe LatentStatistics.logDensities(
            rows: rows, latent: mean.count, z: z, mean: mean, whitening: whitening,
            constant: logNormaliser + log(weight), scratch: scratch.base, into: result)
    }
}
