/// What one image costs under a model, by all its terms.
public struct ImageCosts: Hashable, Sendable {
    /// −ln p(x|z) at z = μ, or its mean over draws of z, in nats.
    public var reconstruction: Double
    /// KL(q‖p), in nats.
    public var kl: Double
    /// The least that −ln p(x|z) could be for these pixels, in nats; nil for likelihoods without such a bound.
    public var floor: Double?
    /// Bits of the image as PNG; nil for shapes that are no picture's.
    public var complexity: Double?
    /// Mahalanobis distance of μ from the mean of the aggregate posterior; nil where that is not known.
    public var mahalanobis: Double?
    /// ln of the mixture's density at μ; nil where there is none.
    public var mixture: Double?
    /// L_k; nil without draws.
    public var bound: Double?

    /// −ELBO, in nats.
    public var loss: Double { reconstruction + kl }

    /// The same image with −ln p(x|z) and L_k from draws of z.
    public func drawn(reconstruction: Double, bound: Double) -> ImageCosts {
        var costs = self
        costs.reconstruction = reconstruction
        costs.bound = bound
        return costs
    }
}
