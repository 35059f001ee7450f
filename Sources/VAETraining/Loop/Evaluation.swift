public import VAE

/// What a model achieves on a set of images.
public struct Evaluation: Hashable, Sendable {
    /// Mean terms of −ELBO, in nats per image, with one sample of z per image.
    public let terms: TrainingRecord.Terms
    /// Mean KL of each latent dimension, in nats.
    public let perDimensionKL: [Float]
    /// Number of images.
    public let images: Int

    /// Mean KL above which a latent dimension counts as used, in nats.
    public static let usedKL: Float = 0.01

    /// Number of latent dimensions whose mean KL is above `usedKL`.
    public var usedDimensions: Int { perDimensionKL.count { $0 > Self.usedKL } }
}
