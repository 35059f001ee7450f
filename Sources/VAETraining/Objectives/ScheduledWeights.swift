/// The settings of an objective that change from step to step.
struct ScheduledWeights: Hashable, Sendable {
    /// Weight of the KL divergence.
    var beta = 1.0
    /// KL divergence that is aimed at, in nats; nil for as little as pays.
    var capacity: Double?
}
