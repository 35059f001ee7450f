/// What importance samples say about ln p(x) of one image, in nats.
public struct ImportanceEstimate: Hashable, Sendable {
    /// L_k = ln (1/k Σ w), a lower bound of ln p(x) in expectation (Burda et al. 2016).
    public var bound: Double
    /// The same with most of its bias removed; see `LogWeights.jackknife`.
    public var jackknife: Double
    /// Mean of −ln p(x|z) over the samples.
    public var reconstruction: Double
    /// How many of the samples did the work; see `LogWeights`.
    public var effectiveSampleSize: Double
}
