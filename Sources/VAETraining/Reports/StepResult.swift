/// What one step of the optimiser was, for those who look closer than at epochs.
public struct StepResult: Hashable, Sendable {
    /// Steps of the run so far, this one among them.
    public var step: UInt64
    /// The epoch it belongs to, from 1.
    public var epoch: Int
    /// −ELBO of its minibatch, in nats per image.
    public var loss: Double
    /// Euclidean norm of its gradient, before any clipping.
    public var gradientNorm: Double?
    /// That it was taken with.
    public var learningRate: Double?
    /// Weight of the KL divergence in its objective.
    public var beta: Double?
}
