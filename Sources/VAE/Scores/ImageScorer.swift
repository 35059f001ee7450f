/// What images cost under a model, the same whether a server or an evaluation asks.
public struct ImageScorer: Sendable {
    private let architecture: VAEArchitecture
    private let logScale: Float
    private let density: LatentDensity?

    /// For `model`, whose codes lie where `aggregate` says, if that is known.
    public init(_ model: VAEModel, aggregate: AggregatePosterior?) {
        architecture = model.architecture
        logScale = model.logScale
        density = aggregate.map(LatentDensity.init)
    }

    /// The costs of `rows` images x `[rows, C·H·W]`, from μ and ln σ² of their posteriors `[rows, latent]` and from
    /// `decoded`, the decoder's numbers of μ. `kl` `[rows, latent]` gets the KL divergence of each dimension.
    public func costs(
        rows: Int, x: UnsafePointer<Float>, mu: UnsafePointer<Float>, logVariance: UnsafePointer<Float>,
        decoded: UnsafePointer<Float>, kl: UnsafeMutablePointer<Float>
    ) -> [ImageCosts] {
        let (width, latent) = (architecture.inputCount, architecture.latent)
        var nll = [Float](repeating: 0, count: rows)
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: rows, width: width, decoded: decoded, x: x, logScale: logScale, into: &nll)
        unsafe architecture.posterior.klDivergence(rows: rows, mu: mu, logVariance: logVariance, into: kl)
        let floors = unsafe architecture.likelihood.floor(rows: rows, width: width, x: x, logScale: logScale)
        let distances = unsafe density?.mahalanobis(rows: rows, z: mu)
        let densities = unsafe density?.mixtureLogDensities(rows: rows, z: mu)
        return (0..<rows).map { row in
            var divergence = 0.0
            for dimension in 0..<latent { divergence += unsafe Double(kl[row * latent + dimension]) }
            return ImageCosts(
                reconstruction: Double(nll[row]), kl: divergence, floor: floors?[row],
                complexity: unsafe complexity(of: x + row * width), mahalanobis: distances?[row],
                mixture: densities?[row], bound: nil)
        }
    }

    /// The cost that `score` speaks of, larger for what is more unusual; nil where it does not apply. `typicalLoss` is the
    /// mean of −ELBO over held-out images, if known.
    public func cost(_ score: ImageScore, of costs: ImageCosts, typicalLoss: Double?) -> Double? {
        switch score {
        case .excess: costs.floor.map { costs.loss - $0 }
        case .elbo: costs.loss
        case .bound: costs.bound.map { -$0 }
        case .reconstruction: costs.reconstruction
        case .kl: costs.kl
        case .corrected: costs.complexity.map { bits(costs.loss) - $0 }
        case .typicality: typicalLoss.map { abs(costs.loss - $0) }
        case .mahalanobis: costs.mahalanobis
        case .mixture: costs.mixture.map { -$0 }
        }
    }

    /// The score to use when none is named: `excess`, or `elbo` where the likelihood has no floor.
    public var defaultScore: ImageScore { architecture.likelihood.hasFloor ? .excess : .elbo }

    /// −ELBO or −L_k of one image, in nats, as bits per number of the image.
    public func bitsPerDimension(_ nats: Double) -> Double {
        architecture.likelihood.bitsPerDimension(nats, dimensions: architecture.inputCount)
    }

    private func bits(_ nats: Double) -> Double { bitsPerDimension(nats) * Double(architecture.inputCount) }

    /// Bits of x as PNG, by the encoder that also makes replies.
    private func complexity(of x: UnsafePointer<Float>) -> Double? {
        let shape = architecture.inputShape
        guard shape.isPicture, let png = try? unsafe PNGEncoder().encode(x, count: 1, shape: shape) else { return nil }
        return 8 * Double(png.count)
    }
}
