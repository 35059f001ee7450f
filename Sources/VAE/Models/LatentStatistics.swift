internal import CTensorKernels

/// Densities and moments of many latent codes at once.
public enum LatentStatistics {
    /// Length of the working memory that `logDensities` of Gaussians with full covariance needs.
    public static func scratchCount(latent: Int) -> Int { latent * Int(TK_DENSITY_POINTS) }

    /// `constant` − ½ ‖W (z − mean)‖² for each of `rows` codes z `[rows, latent]`, W the lower triangle of `whitening`
    /// `[latent, latent]`. With W the inverse of a Cholesky factor these are the log-densities of a Gaussian.
    public static func logDensities(
        rows: Int, latent: Int, z: UnsafePointer<Float>, mean: UnsafePointer<Double>,
        whitening: UnsafePointer<Double>, constant: Double, scratch: UnsafeMutablePointer<Double>,
        into result: UnsafeMutablePointer<Double>
    ) {
        unsafe tk_gaussian_log_densities(rows, latent, z, mean, whitening, constant, scratch, result)
    }

    /// Adds Σ w z to `sums` `[latent]` and Σ w z zᵀ to the lower triangle of `products` `[latent, latent]`, over `rows`
    /// codes z `[rows, latent]` of weight w, or 1 without `weights`.
    public static func addMoments(
        rows: Int, latent: Int, z: UnsafePointer<Float>, weights: UnsafePointer<Double>?,
        sums: UnsafeMutablePointer<Double>, products: UnsafeMutablePointer<Double>
    ) {
        unsafe tk_add_moments(rows, latent, z, weights, sums, products)
    }

    /// ln of the mean density of one code z `[latent]` under `count` Gaussians with diagonal covariance, the posteriors of
    /// a data set: `mean` and `precision` = 1/σ² `[count, latent]`, `constant` = −Σ ln σ − latent/2 · ln 2π `[count]`.
    /// `scratch` `[count]` gets the log-densities themselves.
    public static func logMeanDensity(
        of z: UnsafePointer<Float>, count: Int, latent: Int, mean: UnsafePointer<Float>,
        precision: UnsafePointer<Float>, constant: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>
    ) -> Double {
        unsafe tk_diagonal_log_densities(count, latent, z, mean, precision, constant, scratch)
        var largest = -Float.infinity
        for index in 0..<count { unsafe largest = max(largest, scratch[index]) }
        let sum = unsafe tk_sum_exponentials(count, scratch, largest)
        return Double(largest) + naturalLogarithm(sum / Double(count))
    }

    /// Σ_n N(z; mean_n, 1/precision_n) of one number z, but for the factor 1/√2π; `scale` is √precision.
    public static func sumOfDensities(
        of z: Float, count: Int, mean: UnsafePointer<Float>, precision: UnsafePointer<Float>,
        scale: UnsafePointer<Float>
    ) -> Double {
        unsafe tk_sum_normal_densities(count, z, mean, precision, scale)
    }
}
