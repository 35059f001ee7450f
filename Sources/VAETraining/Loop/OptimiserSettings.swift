internal import Glibc

/// How the weights follow the gradient.
public struct OptimiserSettings: Hashable, Sendable, Codable {
    /// How the step size goes from its start to the end of the run.
    public enum Schedule: String, Hashable, Sendable, Codable, CaseIterable {
        /// Stays.
        case constant
        /// Falls to zero along a line.
        case linear
        /// Falls to zero along half a cosine (Loshchilov & Hutter 2017, arXiv 1608.03983).
        case cosine
        /// Eight stages, each three times as long as the one before, from the whole step size to a tenth
        /// (Burda et al. 2016, section 5).
        case stages
    }

    /// Step size of Adam at its highest.
    public var learningRate = 1e-3
    /// What becomes of it.
    public var schedule = Schedule.constant
    /// Epochs over which it grows from 0 at the start.
    public var warmUp = 0.0
    /// Adam's decay of the mean gradient.
    public var beta1 = 0.9
    /// Adam's decay of its mean square.
    public var beta2 = 0.999
    /// Adam's ε.
    public var epsilon = 1e-8
    /// Part of itself that a weight loses at every step, times the step size (Loshchilov & Hutter 2019).
    public var weightDecay = 0.0
    /// Norm above which the gradient is shortened to it; nil for no bound.
    public var clipNorm: Double?
    /// Decay of the moving average of the weights that is evaluated and kept; 0 for the weights themselves.
    public var averageDecay = 0.0

    /// Adam with its paper's constants.
    public init() {}

    /// The step size `epochs` epochs into a run of `total`.
    func learningRate(after epochs: Double, of total: Double) -> Double {
        let rise = warmUp > 0 ? min(1, epochs / warmUp) : 1
        let progress = min(1, max(0, epochs / max(total, 1e-9)))
        return learningRate * rise * factor(progress)
    }

    private func factor(_ progress: Double) -> Double {
        switch schedule {
        case .constant: return 1
        case .linear: return 1 - progress
        case .cosine: return 0.5 * (1 + cos(.pi * progress))
        case .stages:
            // 1 + 3 + … + 3⁷ = 3280 parts; the published factors are rounded to one digit behind the point.
            var end = 0.0
            var length = 1.0
            for stage in 0..<8 {
                end += length / 3280
                length *= 3
                if progress < end || stage == 7 { return (pow(10, 1 - Double(stage) / 7) * 10).rounded() / 100 }
            }
            return 0.1
        }
    }
}
