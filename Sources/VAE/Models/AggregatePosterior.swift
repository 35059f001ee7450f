/// Where the codes of the training images lie: q(z) = 1/N Σ_n q(z|x_n), described more and more closely (Hoffman &
/// Johnson 2016), and the mean of the images themselves.
public struct AggregatePosterior: Hashable, Sendable {
    /// E z, `[latent]`.
    public let mean: [Float]
    /// Cov z = mean of (diag σ² + μ μᵀ) − E z E zᵀ, `[latent, latent]`.
    public let covariance: [Float]
    /// The same as a mixture of Gaussians; nil where none was fitted.
    public let mixture: GaussianMixture?
    /// The mean of every pixel, `[C, H, W]`; nil in files that do not say.
    public let meanImage: [Float]?

    /// Number of latent dimensions.
    public var latent: Int { mean.count }

    /// L of `covariance` = L Lᵀ; nil if that is not positive definite, as after rounding in a dimension of no spread.
    public var gaussianFactor: Cholesky? { Cholesky(covariance.map(Double.init), size: latent) }

    /// Codes with more dimensions get no covariance or mixture: the matrices would be larger than the model.
    public static let maximumLatent = 256

    /// Wraps arrays whose sizes fit together.
    public init(mean: [Float], covariance: [Float], mixture: GaussianMixture?, meanImage: [Float]?) {
        precondition(covariance.count == mean.count * mean.count)
        precondition(mixture.map { $0.latent == mean.count } ?? true)
        self.mean = mean
        self.covariance = covariance
        self.mixture = mixture
        self.meanImage = meanImage
    }
}
