extension EvaluationRecord {
    /// Scores of held-out images by rank: what is new to a model has a score beyond these.
    public struct Quantiles: Hashable, Sendable, Codable {
        /// The ranks, 0…1, rising: 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99 and 0.999.
        public var ranks: [Double]
        /// −ELBO with one sample of z, in nats; one for each rank, as below.
        public var loss: [Double]
        /// −ln p(x|z).
        public var reconstruction: [Double]
        /// KL(q‖p).
        public var kl: [Double]
        /// −L_k, if there are importance samples.
        public var importance: [Double]?
        /// Images behind them.
        public var images: Int

        /// States everything.
        public init(
            ranks: [Double], loss: [Double], reconstruction: [Double], kl: [Double], importance: [Double]?, images: Int
        ) {
            self.ranks = ranks
            self.loss = loss
            self.reconstruction = reconstruction
            self.kl = kl
            self.importance = importance
            self.images = images
        }
    }
}
