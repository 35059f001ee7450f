extension Likelihood {
    /// The output bias that makes an untrained decoder give `meanPixel` (Burda et al. 2016's code).
    ///
    /// Logits stay where the weights can still outvote them: means count as at least 0.001 from 0 and 1, those of a
    /// continuous Bernoulli, whose logit is −1/mean down there, as at least 0.05. Of a multinomial, `meanPixel` is how
    /// often the item occurs, and counts as at least 1e-6.
    public func outputBias(meanPixel: Double) -> Float {
        switch self {
        case .bernoulli:
            let p = min(max(meanPixel, 0.001), 0.999)
            return Float(naturalLogarithm(p / (1 - p)))
        case .continuousBernoulli: return Float(Self.continuousLogit(min(max(meanPixel, 0.05), 0.95)))
        case .gaussian, .discretizedLogistic: return Float(meanPixel)
        case .multinomial: return Float(naturalLogarithm(max(meanPixel, 1e-6)))
        }
    }

    /// What a learned `logScale` starts from: the spread of pixels about their mean picture, about ¼ of full scale, as
    /// standard deviation (that of a logistic distribution is π/√3 times its scale). From the usual 0, four times as
    /// wide, the first thing a model learns is that z does not matter.
    public var initialLogScale: Float {
        switch self {
        case .gaussian: Float(naturalLogarithm(0.25))
        case .discretizedLogistic: Float(naturalLogarithm(0.25 * 3.0.squareRoot() / Double.pi))
        case .bernoulli, .continuousBernoulli, .multinomial: 0
        }
    }

    /// The a for which 1/(1 − e^−a) − 1/a, which grows with a, is `mean`; by bisection.
    private static func continuousLogit(_ mean: Double) -> Double {
        var (low, high) = (-64.0, 64.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            // Within 1e-3 of zero the first term of the series is exact to 1e-12, and the closed form is not.
            let value =
                Swift.abs(middle) < 1e-3
                ? 0.5 + middle / 12 : 1 / (1 - exponential(-middle)) - 1 / middle
            if value < mean { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
