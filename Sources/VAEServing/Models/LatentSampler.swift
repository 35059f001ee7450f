internal import VAE

/// Where codes of new images are drawn from.
enum LatentSampler: String, CaseIterable {
    /// p(z) = N(0, I).
    case prior
    /// The mixture of Gaussians that describes the codes of the training images (Ghosh et al. 2020, arXiv 1903.12436).
    case gmm
    /// One Gaussian with their mean and covariance.
    case gaussian

    /// Those that `aggregate` has what it takes for, besides the prior.
    static func samplers(of aggregate: AggregatePosterior?) -> [LatentSampler: AggregateSampler] {
        var samplers: [LatentSampler: AggregateSampler] = [:]
        samplers[.gmm] = aggregate?.mixture.map(AggregateSampler.init)
        samplers[.gaussian] = aggregate.flatMap(AggregateSampler.init(gaussianOf:))
        return samplers
    }
}
