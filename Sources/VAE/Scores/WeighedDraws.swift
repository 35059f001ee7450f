/// What draws of z from q(z|x) say about one image.
public struct WeighedDraws: Hashable, Sendable {
    /// Their importance weights.
    public let weights: LogWeights
    /// Mean of −ln p(x|z), in nats.
    public let reconstruction: Double

    /// Of the bound L_k, to first order in the spread of the weights, in nats; nil for a single draw.
    ///
    /// L_k is ln of a mean of k weights, so its error is that of the mean over the mean, and √(Var w / k) / E w follows
    /// from the effective sample size alone.
    public var standardError: Double? {
        guard weights.count > 1 else { return nil }
        let k = Double(weights.count)
        return max(0, (1 / weights.effectiveSampleSize - 1 / k) * k / (k - 1)).squareRoot()
    }
}
