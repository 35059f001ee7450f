internal import CTensorKernels

/// p(x|z): how the decoder's numbers become an image, and what an image costs under them, in nats.
///
/// Pixels are independent given z, and their costs are summed. Where there is a scale, all pixels share it; it is passed
/// as `logScale`, its natural logarithm (`VAEArchitecture.logScale`), which the others ignore.
public enum Likelihood: Hashable, Sendable {
    /// Pixels are independent Bernoulli variables with the decoder's numbers as logits (Kingma & Welling 2014,
    /// appendix C.1). Grey values count as expectations, so the loss is the cross-entropy.
    case bernoulli
    /// The density on 0…1 that the cross-entropy of grey values belongs to (Loaiza-Ganem & Cunningham 2019, arXiv
    /// 1907.06845), from logits. A density: its logarithm may be positive.
    case continuousBernoulli
    /// Normal, with the decoder's numbers as means and `scale` as standard deviation (Rybkin et al. 2021, arXiv
    /// 2006.13202). A density.
    case gaussian(LikelihoodScale)
    /// Logistic, of 256 levels, with the decoder's numbers as means (Kingma et al. 2016, arXiv 1606.04934): what an
    /// eight-bit image costs, which gives bits per dimension.
    case discretizedLogistic(LikelihoodScale)
    /// x are counts, drawn with probabilities whose logits are the decoder's numbers (Liang et al. 2018, arXiv
    /// 1802.05814). Without the multinomial coefficient.
    case multinomial

    /// The scale, of those that have one.
    public var scale: LikelihoodScale? {
        switch self {
        case .gaussian(let scale), .discretizedLogistic(let scale): scale
        case .bernoulli, .continuousBernoulli, .multinomial: nil
        }
    }
    /// Whether the cost depends on `logScale`.
    public var hasScale: Bool { scale != nil }
    /// Whether the decoder's numbers are logits, and not means.
    var takesLogits: Bool { !hasScale }

    /// E[x|z] from the decoder's `count` numbers, rows of `width`; may run in place. Values 0…1: a mean beyond is cut
    /// off. Of a multinomial, the probabilities, which add up to 1 in every row.
    public func mean(
        count: Int, width: Int, decoded: UnsafePointer<Float>, into mean: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .bernoulli: unsafe tk_bernoulli_mean(count, decoded, mean)
        case .continuousBernoulli: unsafe tk_continuous_bernoulli_mean(count, decoded, mean)
        case .gaussian: unsafe tk_gaussian_mean(count, decoded, mean)
        case .discretizedLogistic: unsafe tk_discretized_logistic_mean(count, decoded, mean)
        case .multinomial: unsafe tk_multinomial_mean(count / width, width, decoded, mean)
        }
    }

    /// −ln p(x|z) of each of `rows` rows of `width` pixels.
    public func negativeLogLikelihood(
        rows: Int, width: Int, decoded: UnsafePointer<Float>, x: UnsafePointer<Float>, logScale: Float,
        into nll: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .bernoulli: unsafe tk_bernoulli_nll(rows, width, decoded, x, nll)
        case .continuousBernoulli: unsafe tk_continuous_bernoulli_nll(rows, width, decoded, x, nll)
        case .gaussian: unsafe tk_gaussian_nll(rows, width, decoded, x, logScale, nll)
        case .discretizedLogistic: unsafe tk_discretized_logistic_nll(rows, width, decoded, x, logScale, nll)
        case .multinomial: unsafe tk_multinomial_nll(rows, width, decoded, x, nll)
        }
    }

    /// The same, and `scale` times its gradient: with respect to `decoded` in `gradient`, which may be `decoded`; and
    /// with respect to `logScale` in `logScaleGradient`, one number a row, if that is given (0 without a scale).
    ///
    /// Beyond `LikelihoodScale.bounds` value and gradient are those at the bound, so that a learned scale that has gone
    /// too far finds its way back.
    public func negativeLogLikelihoodAndGradient(
        rows: Int, width: Int, decoded: UnsafePointer<Float>, x: UnsafePointer<Float>, logScale: Float, scale: Float,
        into nll: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        logScaleGradient: UnsafeMutablePointer<Float>?
    ) {
        switch self {
        case .bernoulli: unsafe tk_bernoulli_nll_gradient(rows, width, decoded, x, scale, nll, gradient)
        case .continuousBernoulli:
            unsafe tk_continuous_bernoulli_nll_gradient(rows, width, decoded, x, scale, nll, gradient)
        case .gaussian:
            unsafe tk_gaussian_nll_gradient(
                rows, width, decoded, x, logScale, scale, nll, gradient, logScaleGradient)
        case .discretizedLogistic:
            unsafe tk_discretized_logistic_nll_gradient(
                rows, width, decoded, x, logScale, scale, nll, gradient, logScaleGradient)
        case .multinomial: unsafe tk_multinomial_nll_gradient(rows, width, decoded, x, scale, nll, gradient)
        }
        if !hasScale { unsafe logScaleGradient?.update(repeating: 0, count: rows) }
    }
}
