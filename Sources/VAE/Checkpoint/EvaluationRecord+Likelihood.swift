extension EvaluationRecord {
    /// ln p(x) by importance sampling (Burda et al. 2016), mean over the held-out images, in nats.
    public struct Importance: Hashable, Sendable, Codable {
        /// Samples per image, k.
        public var samples: Int
        /// Images behind the mean.
        public var images: Int
        /// Mean of −L_k, an upper bound of −ln p(x) in expectation.
        public var negativeLogLikelihood: Double
        /// Of the mean, over images.
        public var standardError: Double
        /// The mean without most of its bias (Nowozin 2018, JVI-1).
        public var jackknife: Double
        /// Mean effective sample size.
        public var effectiveSamples: Double
        /// Images whose effective sample size is below 10.
        public var imagesBelowTen: Int

        private enum CodingKeys: String, CodingKey {
            case samples, images, jackknife
            case negativeLogLikelihood = "negative_log_likelihood"
            case standardError = "standard_error"
            case effectiveSamples = "effective_samples"
            case imagesBelowTen = "images_below_ten"
        }

        /// States everything.
        public init(
            samples: Int, images: Int, negativeLogLikelihood: Double, standardError: Double, jackknife: Double,
            effectiveSamples: Double, imagesBelowTen: Int
        ) {
            self.samples = samples
            self.images = images
            self.negativeLogLikelihood = negativeLogLikelihood
            self.standardError = standardError
            self.jackknife = jackknife
            self.effectiveSamples = effectiveSamples
            self.imagesBelowTen = imagesBelowTen
        }
    }

    /// Bits per dimension of an image of 8-bit values.
    public struct BitsPerDimension: Hashable, Sendable, Codable {
        /// How a likelihood becomes a number of bits.
        public enum Kind: String, Hashable, Sendable, Codable {
            /// p(x|z) is a probability of 8-bit values: −ELBO / (D ln 2).
            case mass
            /// p(x|z) is a density over 0…1: −ELBO / (D ln 2) + 8, as if it were constant over a level (Theis et al.
            /// 2016, arXiv 1511.01844).
            case density
        }

        /// From −ELBO.
        public var bound: Double
        /// From −L_k, if there are importance samples.
        public var importance: Double?
        /// Which formula.
        public var kind: Kind

        /// States everything.
        public init(bound: Double, importance: Double?, kind: Kind) {
            self.bound = bound
            self.importance = importance
            self.kind = kind
        }
    }
}
