internal import CTensorKernels

/// What is done with gradients between the backward pass and the optimiser, on a range of the arena each thread.
public enum GradientArena {
    /// Adds all `gradients` up, in their order, into the first; returns the sum of the squares, which is not finite if any
    /// element is not.
    public static func sum(_ gradients: [FloatBuffer], range: Range<Int>) -> Double {
        precondition(!gradients.isEmpty, "there must be a gradient to add to")
        for buffer in gradients {
            precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "\(range) lies outside its arena")
        }
        let starts = unsafe gradients.map { unsafe UnsafePointer($0.base + range.lowerBound) }
        return unsafe tk_sum_gradients(range.count, starts, starts.count, gradients[0].base + range.lowerBound)
    }

    /// Multiplies by `factor`.
    public static func scale(_ gradient: FloatBuffer, by factor: Float, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= gradient.count, "\(range) lies outside its arena")
        unsafe tk_multiply(range.count, factor, gradient.base + range.lowerBound)
    }

    /// average += (1 − decay)·(weights − average): an exponential moving average of the weights.
    public static func average(_ weights: FloatBuffer, into average: FloatBuffer, decay: Float, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= min(weights.count, average.count))
        unsafe tk_average(range.count, decay, weights.base + range.lowerBound, average.base + range.lowerBound)
    }
}
