internal import CTensorKernels

/// The optimiser Adam (Kingma & Ba 2015, arXiv 1412.6980), computed as PyTorch does.
public struct Adam: Hashable, Sendable {
    /// Step size.
    public var learningRate: Float
    /// Decay of the mean of the gradients.
    public var beta1: Float
    /// Decay of the mean of their squares.
    public var beta2: Float
    /// Added to the root of the second moment.
    public var epsilon: Float

    /// The paper's constants unless told otherwise.
    public init(learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    /// Step number `step` (from 1) of the parameters in `range`; several threads may run disjoint ranges at once.
    ///
    /// All buffers are arenas of one layout. The gradient is the sum of `gradients`, taken in their order, so that the
    /// result does not depend on the ranges. A parameter whose gradient is NaN or infinite keeps its value and moments;
    /// the number of these is returned.
    public func step(
        _ step: UInt64, range: Range<Int>, gradients: [FloatBuffer], weights: FloatBuffer, firstMoment: FloatBuffer,
        secondMoment: FloatBuffer
    ) -> Int {
        precondition(step > 0 && !gradients.isEmpty, "Adam needs a step number from 1 and at least one gradient")
        for buffer in gradients + [weights, firstMoment, secondMoment] {
            precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "\(range) lies outside its arena")
        }
        let config = tk_adam(
            learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, step: step)
        let starts = unsafe gradients.map { unsafe UnsafePointer($0.base + range.lowerBound) }
        return unsafe tk_adam_step(
            config, range.count, starts, starts.count, weights.base + range.lowerBound,
            firstMoment.base + range.lowerBound, secondMoment.base + range.lowerBound)
    }
}
