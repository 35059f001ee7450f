public import VAE

/// What one pass over the training images brought.
public struct EpochResult: Hashable, Sendable {
    /// From 1.
    public var epoch: Int
    /// Of the whole run.
    public var epochs: Int
    /// Mean over the epoch, while the weights moved; nats per image.
    public var train: TrainingRecord.Terms
    /// Mean of what is minimised, over the epoch; nats per image.
    public var objective: Double
    /// After the epoch, if it was measured; nats per image.
    public var test: TrainingRecord.Terms?
    /// Wall-clock time of the training steps, without the evaluation.
    public var seconds: Double
    /// Training images in that time.
    public var images: Int
    /// Steps of the run so far that were left out, in whole or in part, because something was not finite.
    public var skippedSteps: Int
    /// Optimiser steps of the run so far.
    public var step: UInt64 = 0
    /// Weight of the KL divergence in the objective at the end of the epoch.
    public var beta = 1.0
    /// Of the last step.
    public var learningRate: Double?
    /// Mean over the steps of the epoch of the gradient's Euclidean norm, before any clipping.
    public var gradientNorm: Double?
    /// Mean KL of each latent dimension over the test images, in nats; empty where there is none.
    public var perDimensionKL: [Float] = []
    /// What else was measured, under the name it has in reports, such as `ndcg@100`.
    public var scalars: [String: Double] = [:]

    /// Latent dimensions whose mean KL is above `Evaluation.usedKL`; `nil` where there is no KL.
    public var activeUnits: Int? {
        perDimensionKL.isEmpty ? nil : perDimensionKL.count { $0 > Evaluation.usedKL }
    }
}
