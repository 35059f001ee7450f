internal import VAE

/// Sums over some images, in nats. In double, so that sums over a data set keep their digits.
struct LossTerms: Hashable, Sendable, Codable {
    /// Σ −ln p(x|z).
    var reconstruction = 0.0
    /// Σ KL(q‖p).
    var kl = 0.0
    /// Σ of what is minimised: −ELBO, −ln of an importance-weighted bound, or either with a penalty.
    var objective = 0.0
    /// Images behind the sums.
    var images = 0

    var isFinite: Bool { reconstruction.isFinite && kl.isFinite && objective.isFinite }
    /// The means, in nats per image.
    var means: TrainingRecord.Terms {
        let count = Double(max(images, 1))
        return TrainingRecord.Terms(reconstruction: reconstruction / count, kl: kl / count)
    }
    /// The mean of what is minimised.
    var meanObjective: Double { objective / Double(max(images, 1)) }

    static func += (sum: inout LossTerms, other: LossTerms) {
        sum.reconstruction += other.reconstruction
        sum.kl += other.kl
        sum.objective += other.objective
        sum.images += other.images
    }
}
