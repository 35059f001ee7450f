internal import VAE

/// Sums of the two terms of −ELBO over some images, in nats. In double, so that sums over a data set keep their digits.
struct ELBOTerms: Hashable, Sendable, Codable {
    /// Σ −ln p(x|z).
    var reconstruction = 0.0
    /// Σ KL(q‖p).
    var kl = 0.0
    /// Images behind the sums.
    var images = 0

    var isFinite: Bool { reconstruction.isFinite && kl.isFinite }
    /// The means, in nats per image.
    var means: TrainingRecord.Terms {
        let count = Double(max(images, 1))
        return TrainingRecord.Terms(reconstruction: reconstruction / count, kl: kl / count)
    }

    static func += (sum: inout ELBOTerms, other: ELBOTerms) {
        sum.reconstruction += other.reconstruction
        sum.kl += other.kl
        sum.images += other.images
    }
}
