internal import Glibc
internal import VAE

/// Mean and covariance of codes, in double.
struct LatentMoments: Sendable {
    let latent: Int
    /// `[latent]`.
    let mean: [Double]
    /// `[latent, latent]`, symmetric.
    let covariance: [Double]

    /// Of the aggregate posterior q(z) = 1/N Σ q(z|x_n): the covariance is mean of (diag σ² + μ μᵀ) − m mᵀ.
    init(aggregateOf images: EncodedImages) {
        let variances = FloatBuffer(scratch: images.logVariance.count)
        for index in 0..<variances.count { unsafe variances.base[index] = expf(images.logVariance.base[index]) }
        self.init(images.mu, count: images.count, latent: images.latent, extra: images.columnMeans(variances))
    }

    /// Of `count` codes `[count, latent]`, with `extra` added to the variances.
    init(_ codes: FloatBuffer, count: Int, latent: Int, extra: [Double]? = nil) {
        var sums = [Double](repeating: 0, count: latent)
        var products = [Double](repeating: 0, count: latent * latent)
        unsafe LatentStatistics.addMoments(
            rows: count, latent: latent, z: codes.base, weights: nil, sums: &sums, products: &products)
        self.init(latent: latent, weight: Double(count), sums: sums, products: products, extra: extra)
    }

    /// From Σ w, Σ w z and the lower triangle of Σ w z zᵀ.
    init(latent: Int, weight: Double, sums: [Double], products: [Double], extra: [Double]? = nil) {
        let mean = sums.map { $0 / weight }
        var covariance = products
        for row in 0..<latent {
            for column in 0...row {
                var value = products[row * latent + column] / weight - mean[row] * mean[column]
                if row == column { value += extra?[row] ?? 0 }
                covariance[row * latent + column] = value
                covariance[column * latent + row] = value
            }
        }
        self.latent = latent
        self.mean = mean
        self.covariance = covariance
    }
}
