extension EvaluationRecord {
    /// Latent dimensions in use, by two rules.
    public struct ActiveUnits: Hashable, Sendable, Codable {
        /// Var_x E[z_j|x] over the training images, for each dimension j.
        public var variances: [Float]
        /// How many of them are above 0.01 (Burda et al. 2016).
        public var byVariance: Int
        /// Dimensions whose mean KL over the held-out images is above 0.01 nats.
        public var byKL: Int

        private enum CodingKeys: String, CodingKey {
            case variances
            case byVariance = "by_variance"
            case byKL = "by_kl"
        }

        /// States everything.
        public init(variances: [Float], byVariance: Int, byKL: Int) {
            self.variances = variances
            self.byVariance = byVariance
            self.byKL = byKL
        }
    }

    /// The mean KL over the training images in two parts (Hoffman & Johnson 2016, "ELBO surgery"), in nats.
    public struct KLSplit: Hashable, Sendable, Codable {
        /// Mean KL(q(z|x)‖p(z)); the sum of the other two.
        public var kl: Double
        /// What a code tells about which image it came from; at most ln of `images`.
        public var mutualInformation: Double
        /// KL(q(z)‖p(z)) of the aggregate posterior: what samples from the prior miss.
        public var marginalKL: Double
        /// Of `mutualInformation` and `marginalKL`, from the spread over the draws.
        public var standardError: Double
        /// Draws of z it was measured with.
        public var draws: Int
        /// Images behind the aggregate posterior.
        public var images: Int

        private enum CodingKeys: String, CodingKey {
            case kl, draws, images
            case mutualInformation = "mutual_information"
            case marginalKL = "marginal_kl"
            case standardError = "standard_error"
        }

        /// States everything.
        public init(
            kl: Double, mutualInformation: Double, marginalKL: Double, standardError: Double, draws: Int, images: Int
        ) {
            self.kl = kl
            self.mutualInformation = mutualInformation
            self.marginalKL = marginalKL
            self.standardError = standardError
            self.draws = draws
            self.images = images
        }
    }

    /// The fit behind the tensors `aggregate.mixture.*`.
    public struct Mixture: Hashable, Sendable, Codable {
        /// K.
        public var components: Int
        /// Mean log-likelihood of a draw of z, in nats.
        public var logLikelihood: Double
        /// The same of one Gaussian with the moments of the aggregate posterior.
        public var gaussianLogLikelihood: Double
        /// Rounds of EM.
        public var iterations: Int
        /// Draws of z it was fitted to, one per training image.
        public var images: Int

        private enum CodingKeys: String, CodingKey {
            case components, iterations, images
            case logLikelihood = "log_likelihood"
            case gaussianLogLikelihood = "gaussian_log_likelihood"
        }

        /// States everything.
        public init(
            components: Int, logLikelihood: Double, gaussianLogLikelihood: Double, iterations: Int, images: Int
        ) {
            self.components = components
            self.logLikelihood = logLikelihood
            self.gaussianLogLikelihood = gaussianLogLikelihood
            self.iterations = iterations
            self.images = images
        }
    }

    /// The mutual information gap on images with known factors (Chen et al. 2018, arXiv 1802.04942).
    public struct Disentanglement: Hashable, Sendable, Codable {
        /// Mean over the factors: 0 for a code in which none has a dimension of its own, 1 for one in which all have.
        public var mutualInformationGap: Double
        /// Names of the factors.
        public var factors: [String]
        /// Of each factor.
        public var gaps: [Double]
        /// Images behind it.
        public var images: Int

        private enum CodingKeys: String, CodingKey {
            case factors, gaps, images
            case mutualInformationGap = "mutual_information_gap"
        }

        /// States everything.
        public init(mutualInformationGap: Double, factors: [String], gaps: [Double], images: Int) {
            self.mutualInformationGap = mutualInformationGap
            self.factors = factors
            self.gaps = gaps
            self.images = images
        }
    }
}
