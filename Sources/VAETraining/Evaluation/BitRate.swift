internal import VAE

/// Nats per image as bits per dimension, where the images are of 8 bits.
struct BitRate {
    private let dimensions: Int
    private let likelihood: Likelihood

    init(_ architecture: VAEArchitecture) {
        dimensions = architecture.inputCount
        likelihood = architecture.likelihood
    }

    /// Which formula applies; nil for likelihoods of data that are not pixels of 8 bits.
    private var kind: EvaluationRecord.BitsPerDimension.Kind? {
        switch likelihood {
        case .bernoulli, .multinomial: nil
        case .gaussian, .continuousBernoulli, .discretizedLogistic: likelihood.isDensity ? .density : .mass
        }
    }

    /// From what `record` has of −ELBO and −L_k.
    func record(_ record: EvaluationRecord) -> EvaluationRecord.BitsPerDimension? {
        guard let kind, let loss = record.test?.loss else { return nil }
        let bits = { likelihood.bitsPerDimension($0, dimensions: dimensions) }
        return EvaluationRecord.BitsPerDimension(
            bound: bits(loss), importance: record.importance.map { bits($0.negativeLogLikelihood) }, kind: kind)
    }
}
