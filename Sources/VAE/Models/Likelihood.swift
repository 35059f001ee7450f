internal import CTensorKernels

/// p(x|z): how the decoder's numbers become an image, and what an image costs under them, in nats.
public enum Likelihood: String, Hashable, Sendable, Codable, CaseIterable {
    /// Pixels are independent Bernoulli variables with the decoder's numbers as logits (Kingma & Welling 2014,
    /// appendix C.1). Grey values count as expectations, so the loss is the cross-entropy.
    case bernoulli

    /// Reads its name.
    public init(from decoder: any Decoder) throws { try self.init(named: "likelihood", from: decoder) }

    /// E[x|z], values 0…1, from the decoder's `count` numbers; may run in place.
    public func mean(count: Int, decoded: UnsafePointer<Float>, into mean: UnsafeMutablePointer<Float>) {
        switch self {
        case .bernoulli: unsafe tk_bernoulli_mean(count, decoded, mean)
        }
    }

    /// −ln p(x|z) of each of `rows` rows of `width` pixels.
    public func negativeLogLikelihood(
        rows: Int, width: Int, decoded: UnsafePointer<Float>, x: UnsafePointer<Float>,
        into nll: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .bernoulli: unsafe tk_bernoulli_nll(rows, width, decoded, x, nll)
        }
    }

    /// The same, and `scale` times its gradient with respect to `decoded`; `gradient` may be `decoded`.
    public func negativeLogLikelihoodAndGradient(
        rows: Int, width: Int, decoded: UnsafePointer<Float>, x: UnsafePointer<Float>, scale: Float,
        into nll: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .bernoulli: unsafe tk_bernoulli_nll_gradient(rows, width, decoded, x, scale, nll, gradient)
        }
    }

    /// The output bias that makes an untrained decoder give `meanPixel` (Burda et al. 2016's code; 0.001 from 0 and 1).
    public func outputBias(meanPixel: Double) -> Float {
        switch self {
        case .bernoulli:
            let p = min(max(meanPixel, 0.001), 0.999)
            return Float(naturalLogarithm(p / (1 - p)))
        }
    }
}
