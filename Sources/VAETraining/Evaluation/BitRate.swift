internal import Glibc
internal import VAE

/// Nats per image as bits per dimension, where the images are of 8 bits.
struct BitRate {
    private let dimensions: Double
    private let likelihood: Likelihood

    init(_ architecture: VAEArchitecture) {
        dimensions = Double(architecture.inputCount)
        likelihood = architecture.likelihood
    }

    /// Which formula applies; nil for likelihoods of data that are not pixels of 8 bits.
    private var kind: EvaluationRecord.BitsPerDimension.Kind? {
        switch likelihood {
        case .discretizedLogistic: .mass
        case .gaussian, .continuousBernoulli: .density
        case .bernoulli, .multinomial: nil
        }
    }

    /// From what `record` has of −ELBO and −L_k.
    func record(_ record: EvaluationRecord) -> EvaluationRecord.BitsPerDimension? {
        guard let kind, let loss = record.test?.loss else { return nil }
        let bits = { (nats: Double) in nats / (dimensions * log(2)) + (kind == .density ? 8 : 0) }
        return EvaluationRecord.BitsPerDimension(
            bound: bits(loss), importance: record.importance.map { bits($0.negativeLogLikelihood) }, kind: kind)
    }
}
