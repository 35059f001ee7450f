internal import CTensorKernels

extension Likelihood {
    /// −ln p(x|z) of one image x `[width]` under each of `rows` rows of the decoder's numbers: what importance samples
    /// of a posterior need. `logScale` as for a batch of images.
    public func negativeLogLikelihood(
        ofOne x: UnsafePointer<Float>, rows: Int, width: Int, decoded: UnsafePointer<Float>, logScale: Float,
        into nll: UnsafeMutablePointer<Float>
    ) {
        guard self != .bernoulli else {
            return unsafe tk_bernoulli_nll_of_one(rows, width, decoded, x, nll)
        }
        for row in 0..<rows {
            unsafe negativeLogLikelihood(
                rows: 1, width: width, decoded: decoded + row * width, x: x, logScale: logScale, into: nll + row)
        }
    }
}
