public import ArgumentParser
public import VAE
public import VAETraining

extension ObjectiveSettings.Kind: ExpressibleByArgument {}
extension ImportanceWeights.Gradient: ExpressibleByArgument {}
extension Corruption: ExpressibleByArgument {}

/// What is minimised.
struct ObjectiveFlags: ParsableArguments {
    @Option(
        help:
            "vae: −ELBO and its variants. iwae: the importance-weighted bound of --samples draws. autoencoder: reconstruction alone. classifier: the label, by an encoder --start-from an autoencoder. (default: vae)"
    )
    var objective: ObjectiveSettings.Kind?

    @Option(help: .init("Of iwae: draws of z for each image. (default: 1)", valueName: "k"))
    var samples: Int?

    @Option(
        help:
            "Of iwae: how the gradient reaches the encoder: plain (Burda 2016), stl (Roeder 2017) or dreg (Tucker 2019). (default: plain)"
    )
    var gradient: ImportanceWeights.Gradient?

    @Option(
        help: .init(
            "Of iwae: draws of less weight than this take part in the way back by chance, without bias: faster. (default: 0, all)",
            valueName: "weight"))
    var importanceCutoff: Float?

    @Option(help: "Weight of the KL divergence (Higgins 2017). (default: 1)")
    var beta: Double?

    @Option(help: .init("Epochs over which --beta grows from 0. (default: 0)", valueName: "epochs"))
    var betaWarmUp: Double?

    @Option(help: .init("Nats of KL divergence to aim at (Burgess 2018). (default: as few as pay)", valueName: "nats"))
    var capacity: Double?

    @Option(help: .init("Epochs over which --capacity grows from 0. (default: 0)", valueName: "epochs"))
    var capacityEpochs: Double?

    @Option(help: .init("Weight of the distance from --capacity. (default: 1000)", valueName: "gamma"))
    var capacityWeight: Double?

    @Option(
        help: .init("Nats of KL divergence of each latent dimension that are free (Kingma 2016).", valueName: "nats"))
    var freeBits: Double?

    @Option(help: "Optimiser steps of the encoder for one of the decoder (He 2019). (default: 1)")
    var encoderSteps: Int?

    @Option(
        help: .init(
            "Of autoencoder: mean every code should have (Ng 2011); in 0…1. (default: any)",
            valueName: "mean"))
    var sparsity: Double?

    @Option(help: .init("Weight of the distance from --sparsity. (default: 3)", valueName: "weight"))
    var sparsityWeight: Double?

    @Option(
        help: .init(
            "What the encoder must see through (Vincent 2010): masking:0.25, gaussian:0.3 or dropout:0.5.",
            valueName: "kind:amount"))
    var corrupt: Corruption?

    @Flag(help: "Draw the pixels, black or white, from their grey values; afresh in every epoch.")
    var binarise = false

    /// `settings` with every flag that was given.
    func apply(to settings: inout ObjectiveSettings) {
        settings.kind = objective ?? settings.kind
        settings.samples = samples ?? settings.samples
        settings.gradient = gradient ?? settings.gradient
        settings.importanceCutoff = importanceCutoff ?? settings.importanceCutoff
        settings.beta = beta ?? settings.beta
        settings.betaWarmUp = betaWarmUp ?? settings.betaWarmUp
        settings.capacity = capacity ?? settings.capacity
        settings.capacityEpochs = capacityEpochs ?? settings.capacityEpochs
        settings.capacityWeight = capacityWeight ?? settings.capacityWeight
        settings.freeBits = freeBits ?? settings.freeBits
        settings.encoderSteps = encoderSteps ?? settings.encoderSteps
        settings.sparsity = sparsity ?? settings.sparsity
        settings.sparsityWeight = sparsityWeight ?? settings.sparsityWeight
        settings.corruption = corrupt ?? settings.corruption
        if binarise { settings.binarises = true }
    }
}
