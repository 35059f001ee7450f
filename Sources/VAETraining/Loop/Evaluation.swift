public import VAE

/// What a model achieves on a set of images.
public struct Evaluation: Hashable, Sendable {
    /// Mean terms of −ELBO, in nats per image, with one sample of z per image.
    public let terms: TrainingRecord.Terms
    /// Mean KL of each latent dimension, in nats.
    public let perDimensionKL: [Float]
    /// Number of images.
    public let images: Int
    /// Of models without a distribution over codes: `squared_error`, the sum over an image's values, and `mean_code`; of a
    /// classifier its `error_rate`.
    public var scalars: [String: Double] = [:]

    /// Mean KL above which a latent dimension counts as used, in nats.
    public static let usedKL: Float = 0.01

    /// Number of latent dimensions whose mean KL is above `usedKL`.
    public var usedDimensions: Int { perDimensionKL.count { $0 > Self.usedKL } }
}
