public import ArgumentParser
public import VAETraining

extension OptimiserSettings.Schedule: ExpressibleByArgument {}

/// How the weights follow the gradient.
struct OptimiserFlags: ParsableArguments {
    @Option(help: "Step size of Adam; too large diverges, too small takes for ever. (default: 0.001)")
    var learningRate: Double?

    @Option(
        help:
            "What becomes of the step size: constant, linear, cosine, or stages (Burda 2016: eight, to a tenth). (default: constant)"
    )
    var schedule: OptimiserSettings.Schedule?

    @Option(help: .init("Epochs over which the step size grows from 0. (default: 0)", valueName: "epochs"))
    var warmUp: Double?

    @Option(help: "Adam's decay of the mean gradient. (default: 0.9)")
    var beta1: Double?

    @Option(help: "Adam's decay of the mean squared gradient. (default: 0.999)")
    var beta2: Double?

    @Option(help: "Added to the root in Adam's denominator. (default: 1e-8)")
    var epsilon: Double?

    @Option(help: "Part of itself that a weight loses at every step, times the step size. (default: 0)")
    var weightDecay: Double?

    @Option(help: .init("Norm to which longer gradients are shortened. (default: none)", valueName: "norm"))
    var clip: Double?

    @Option(
        help: .init(
            "Keep a moving average of the weights with this decay, such as 0.999, and evaluate and write that.",
            valueName: "decay"))
    var average: Double?

    /// `settings` with every flag that was given.
    func apply(to settings: inout OptimiserSettings) {
        settings.learningRate = learningRate ?? settings.learningRate
        settings.schedule = schedule ?? settings.schedule
        settings.warmUp = warmUp ?? settings.warmUp
        settings.beta1 = beta1 ?? settings.beta1
        settings.beta2 = beta2 ?? settings.beta2
        settings.epsilon = epsilon ?? settings.epsilon
        settings.weightDecay = weightDecay ?? settings.weightDecay
        settings.clipNorm = clip ?? settings.clipNorm
        settings.averageDecay = average ?? settings.averageDecay
    }
}
