internal import VAE

/// What a checkpoint says about its latent dimensions: where the codes of data lie, and which of them matter.
struct LatentSpace: Sendable {
    /// What `mean` and `deviation` are those of.
    enum Source: String, Sendable {
        /// The codes of the training images, as `vae-trainer evaluate --write` measured them.
        case aggregate
        /// N(0, 1): all that is known without.
        case prior
    }

    let source: Source
    /// Of each dimension.
    let mean, deviation: [Float]
    /// Mean KL divergence of each dimension over held-out images, in nats; nil where the checkpoint does not say.
    let divergence: [Float]?
    /// The dimensions by their mean KL divergence over held-out images, the largest first; in their own order where the
    /// checkpoint does not say.
    let byDivergence: [Int]

    init(_ checkpoint: Checkpoint) {
        let latent = checkpoint.architecture.latent
        let known = [checkpoint.evaluation?.perDimensionKL, checkpoint.training.perDimensionKL]
        divergence = known.compactMap { $0 }.first { $0.count == latent }
        let order = Array(0..<latent)
        byDivergence =
            divergence.map { kl in order.sorted { kl[$0] != kl[$1] ? kl[$0] > kl[$1] : $0 < $1 } } ?? order
        if let aggregate = checkpoint.aggregate {
            source = .aggregate
            mean = aggregate.mean
            deviation = order.map { aggregate.covariance[$0 * latent + $0].squareRoot() }
        } else {
            source = .prior
            mean = [Float](repeating: 0, count: latent)
            deviation = [Float](repeating: 1, count: latent)
        }
    }
}
