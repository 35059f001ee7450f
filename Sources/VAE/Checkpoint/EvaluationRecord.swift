/// What `vae-trainer evaluate` found out about a checkpoint: metadata `evaluation`, JSON. Every part is optional, since a
/// part may not apply to a model, or not have been asked for.
public struct EvaluationRecord: Hashable, Sendable, Codable {
    /// Name of the data.
    public var dataset: String?
    /// Held-out images.
    public var images: Int?
    /// Training images behind everything about the aggregate posterior.
    public var trainingImages: Int?
    /// Of all noise.
    public var seed: UInt64?
    /// Of the draw that turned grey values to zeros and ones; nil for grey values as they are.
    public var binarisationSeed: UInt64?
    /// −ELBO (β = 1, one sample of z) and its parts, mean over the held-out images, in nats.
    public var test: TrainingRecord.Terms?
    /// Of the mean of −ELBO, over images.
    public var standardError: Double?
    /// Mean KL of each latent dimension over the held-out images, in nats.
    public var perDimensionKL: [Float]?
    /// See `BitsPerDimension`; nil for likelihoods of other data.
    public var bitsPerDimension: BitsPerDimension?
    /// See `Importance`; nil if not asked for.
    public var importance: Importance?
    /// See `ActiveUnits`.
    public var activeUnits: ActiveUnits?
    /// See `KLSplit`.
    public var klSplit: KLSplit?
    /// See `Mixture`; nil if not asked for.
    public var mixture: Mixture?
    /// See `Quantiles`.
    public var quantiles: Quantiles?
    /// See `Scores`; nil in files of older evaluations.
    public var scores: Scores?
    /// See `Disentanglement`; nil for data without known factors.
    public var disentanglement: Disentanglement?

    private enum CodingKeys: String, CodingKey {
        case dataset, images, seed, test, importance, mixture, quantiles, scores, disentanglement
        case trainingImages = "training_images"
        case binarisationSeed = "binarisation_seed"
        case standardError = "standard_error"
        case perDimensionKL = "per_dimension_kl"
        case bitsPerDimension = "bits_per_dimension"
        case activeUnits = "active_units"
        case klSplit = "kl_split"
    }

    /// Knows nothing yet.
    public init() {}
}
