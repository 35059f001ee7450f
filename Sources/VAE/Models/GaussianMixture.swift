/// A mixture of Gaussians with full covariance over latent codes: Σ_k weight_k · N(mean_k, L_k L_kᵀ), L the Cholesky factor.
///
/// Fitted to the codes of a data set it describes where they lie better than the prior does (Ghosh et al. 2020, arXiv
/// 1903.12436): drawing k by weight and z = mean_k + L_k ε gives samples that look like the data more often.
public struct GaussianMixture: Hashable, Sendable {
    /// How likely each component is; K numbers ≥ 0 that add up to 1.
    public let weights: [Float]
    /// `[K, latent]`.
    public let means: [Float]
    /// `[K, latent, latent]`, lower triangular with a positive diagonal.
    public let cholesky: [Float]

    /// Number of components.
    public var components: Int { weights.count }
    /// Number of latent dimensions.
    public var latent: Int { means.count / weights.count }

    /// The most components accepted from a file.
    public static let maximumComponents = 4096

    /// Wraps arrays whose sizes fit together. Throws when the numbers are no mixture.
    public init(weights: [Float], means: [Float], cholesky: [Float]) throws(ModelError) {
        precondition(!weights.isEmpty && means.count % weights.count == 0)
        let latent = means.count / weights.count
        precondition(cholesky.count == means.count * latent)
        for (index, weight) in weights.enumerated() where !(weight >= 0 && weight <= 1.0001) {
            throw .configuration("weight \(index) of the mixture should be 0…1; it is \(weight)")
        }
        let total = weights.reduce(0, +)
        guard abs(total - 1) < 1e-3 else {
            throw .configuration("the weights of the mixture should add up to 1; they add up to \(total)")
        }
        for component in weights.indices {
            for row in 0..<latent {
                let line = (component * latent + row) * latent
                guard cholesky[line + row] > 0 else {
                    throw .configuration(
                        "Cholesky factor \(component) of the mixture should have a positive diagonal; "
                            + "its element \(row) is \(cholesky[line + row])")
                }
                for column in row + 1..<max(latent, row + 1) where cholesky[line + column] != 0 {
                    throw .configuration(
                        "Cholesky factor \(component) of the mixture should be lower triangular; "
                            + "its element [\(row), \(column)] is \(cholesky[line + column])")
                }
            }
        }
        self.weights = weights
        self.means = means
        self.cholesky = cholesky
    }
}
