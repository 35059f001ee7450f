public import VAE

/// What one pass over the training images brought.
public struct EpochResult: Hashable, Sendable {
    /// From 1.
    public let epoch: Int
    /// Of the whole run.
    public let epochs: Int
    /// Mean over the epoch, while the weights moved; nats per image.
    public let train: TrainingRecord.Terms
    /// Mean of what is minimised, over the epoch; nats per image.
    public let objective: Double
    /// After the epoch, if it was measured; nats per image.
    public let test: TrainingRecord.Terms?
    /// Wall-clock time of the training steps, without the evaluation.
    public let seconds: Double
    /// Training images in that time.
    public let images: Int
    /// Steps of the run so far that were left out, in whole or in part, because something was not finite.
    public let skippedSteps: Int
}
