internal import VAE

/// What an evaluation measures, in its order.
public enum EvaluationPart: String, Sendable, CaseIterable {
    /// Mean and quantiles over the held-out images.
    case bound = "−ELBO and its terms"
    /// Importance sampling, if it is asked for.
    case likelihood = "ln p(x)"
    /// Posteriors of the training images.
    case codes = "codes of training images"
    /// Of models whose codes have a distribution.
    case klSplit = "KL in two"
    /// Of data with known factors.
    case disentanglement = "mutual information gap"
    /// Mean, covariance and mixture of the codes.
    case aggregate = "aggregate posterior"
    /// Quantiles of every score of held-out images.
    case scores = "scores"
    /// Of data with labels or known factors.
    case landmarks = "prototypes and directions"

    /// Those that a model of `architecture` has on `data`, with `settings`.
    static func parts(
        of architecture: VAEArchitecture, on data: DatasetPair, settings: EvaluationSettings
    ) -> [EvaluationPart] {
        let hasFactors = data.train.factors != nil
        return allCases.filter { part in
            switch part {
            case .bound, .codes, .scores: true
            case .likelihood: settings.samples != nil
            case .klSplit: !architecture.posterior.isDeterministic
            case .disentanglement: !architecture.posterior.isDeterministic && hasFactors
            case .aggregate: architecture.latent <= AggregatePosterior.maximumLatent
            case .landmarks: hasFactors || data.train.labels != nil
            }
        }
    }
}
