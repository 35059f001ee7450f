internal import VAE

/// What can be asked of a model by name, and what it takes for that: part of its card, for pages and clients that offer a
/// choice.
struct ModelAbilities: Encodable {
    /// For `…/score`.
    struct Scores: Encodable {
        /// The one used when none is named.
        let `default`: String
        /// Those with percentiles, at the mean and with samples.
        let percentiles: [String]
        let drawnPercentiles: [String]
        /// Draws behind the percentiles with samples; a bound has one for this number only.
        let samples: Int?
        /// Held-out images behind all of them.
        let images: Int?

        private enum CodingKeys: String, CodingKey {
            case `default`, percentiles, samples, images
            case drawnPercentiles = "drawn_percentiles"
        }
    }

    /// Latent dimensions, those that say most first.
    let dimensionsByKL: [Int]
    /// Mean KL of each dimension over held-out images, in nats, in the order of the dimensions.
    let klPerDimension: [Float]?
    /// For `…/sample?sampler=`.
    let samplers: [String]
    /// Named directions for `…/edit`.
    let attributes: [String]
    /// Names that `…/distance` may find nearest.
    let prototypes: [String]
    let scores: Scores

    private enum CodingKeys: String, CodingKey {
        case samplers, attributes, prototypes, scores
        case dimensionsByKL = "dimensions_by_kl"
        case klPerDimension = "kl_per_dimension"
    }

    init(
        _ checkpoint: Checkpoint, scorer: ImageScorer, samplers known: [LatentSampler: AggregateSampler],
        space: LatentSpace
    ) {
        klPerDimension = space.divergence
        dimensionsByKL = space.byDivergence
        samplers = LatentSampler.allCases.filter { $0 == .prior || known[$0] != nil }.map(\.rawValue)
        attributes = checkpoint.landmarks?.directions.map(\.name) ?? []
        prototypes = checkpoint.landmarks?.prototypes.map(\.name) ?? []
        let held = checkpoint.evaluation?.scores
        func names(samples: Int?) -> [String] {
            ImageScore.allCases.filter { held?.quantiles($0, samples: samples) != nil }.map(\.rawValue)
        }
        scores = Scores(
            default: scorer.defaultScore.rawValue, percentiles: names(samples: nil),
            drawnPercentiles: held?.drawn == nil ? [] : names(samples: held?.drawn?.samples),
            samples: held?.drawn?.samples, images: held?.images)
    }
}
