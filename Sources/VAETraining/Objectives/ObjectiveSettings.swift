public import VAE

/// What is minimised.
public struct ObjectiveSettings: Hashable, Sendable, Codable {
    /// The families of objectives.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// −ELBO and its variants.
        case vae
        /// The importance-weighted bound.
        case iwae
        /// Reconstruction alone: codes are numbers, not distributions.
        case autoencoder
        /// The label in place of the image, from an encoder that was an autoencoder's.
        case classifier
    }

    /// The family.
    public var kind = Kind.vae
    /// Of `iwae`: draws of z for each image, k.
    public var samples = 1
    /// Of `iwae`: how the gradient reaches the encoder.
    public var gradient = ImportanceWeights.Gradient.plain
    /// Of `iwae`: draws whose normalised weight is below this take part in the way back by chance only; 0 for all.
    public var importanceCutoff: Float = 0
    /// Of `vae`: weight of the KL divergence.
    public var beta = 1.0
    /// Epochs over which the weight grows from 0, linearly.
    public var betaWarmUp = 0.0
    /// Of `vae`: nats of KL divergence to aim at, once `capacityEpochs` are over; nil for as little as pays.
    public var capacity: Double?
    /// Epochs over which the capacity grows from 0, linearly.
    public var capacityEpochs = 0.0
    /// Weight of the distance from the capacity, γ.
    public var capacityWeight = 1000.0
    /// Of `vae`: nats of KL divergence, per latent dimension, that cost nothing more.
    public var freeBits = 0.0
    /// Optimiser steps of the encoder for one of the decoder.
    public var encoderSteps = 1
    /// Of a Gaussian likelihood: the scale is each minibatch's root mean squared error (Rybkin et al. 2021).
    public var takesOptimalScale = false
    /// Of `autoencoder`: mean that every code should have over a minibatch; nil for any.
    public var sparsity: Double?
    /// Weight of the distance from `sparsity`, in nats.
    public var sparsityWeight = 3.0
    /// What happens to the images before the encoder sees them.
    public var corruption: Corruption?
    /// Draws every image's pixels afresh from their grey values, in every epoch.
    public var binarises = false

    /// The plain ELBO.
    public init() {}

    /// Whether codes are numbers, not distributions.
    var hasNoPosterior: Bool { kind == .autoencoder || kind == .classifier }

    /// What the weights are after `epochs` epochs, which need not be whole.
    func weights(after epochs: Double) -> ScheduledWeights {
        func part(_ duration: Double) -> Double { duration > 0 ? min(1, epochs / duration) : 1 }
        return ScheduledWeights(beta: beta * part(betaWarmUp), capacity: capacity.map { $0 * part(capacityEpochs) })
    }

    /// The objective for one thread.
    func make(
        _ architecture: VAEArchitecture, maximumRows: Int
    ) throws(ModelError) -> (vae: TrainableVAE, objective: any Objective) {
        let vae = try TrainableVAE(architecture, maximumRows: maximumRows, samples: samples)
        switch kind {
        case .vae: return (vae, ELBO(self, vae: vae, maximumRows: maximumRows))
        case .autoencoder, .classifier: return (vae, Autoencoder(self, vae: vae, maximumRows: maximumRows))
        case .iwae: return (vae, ImportanceWeightedBound(self, vae: vae, maximumRows: maximumRows))
        }
    }
}
