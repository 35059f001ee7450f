internal import VAE

/// ln p(x) of a set of images by importance sampling, in nats per image.
public struct MarginalLikelihood: Hashable, Sendable {
    /// Samples per image, k.
    public let samples: Int
    /// One per image, in the order of the set.
    public let estimates: [ImportanceEstimate]

    /// Images whose estimate hangs on so few samples deserve a larger k.
    public static let fewSamples = 10.0

    /// Mean of −L_k: an upper bound, in expectation, of the negative log-likelihood.
    public var negativeLogLikelihood: Double { -mean(estimates.map(\.bound)) }
    /// Of `negativeLogLikelihood` as an estimate for the distribution that the images were drawn from.
    public var standardError: Double { MarginalLikelihood.standardError(estimates.map(\.bound)) }
    /// Mean of the jackknifed −L_k: nearer to the truth, but no bound.
    public var jackknifed: Double { -mean(estimates.map(\.jackknife)) }
    /// Mean over the images.
    public var effectiveSampleSize: Double { mean(estimates.map(\.effectiveSampleSize)) }
    /// How many images have an effective sample size below `fewSamples`.
    public var imagesWithFewSamples: Int { estimates.count { $0.effectiveSampleSize < Self.fewSamples } }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

    /// Of the mean of independent `values`; 0 for a single one, which says nothing about its spread.
    static func standardError(_ values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / (count - 1) / count).squareRoot()
    }
}

extension MarginalLikelihood {
    /// For a checkpoint's metadata.
    var record: EvaluationRecord.Importance {
        EvaluationRecord.Importance(
            samples: samples, images: estimates.count, negativeLogLikelihood: negativeLogLikelihood,
            standardError: standardError, jackknife: jackknifed, effectiveSamples: effectiveSampleSize,
            imagesBelowTen: imagesWithFewSamples)
    }
}

extension MarginalLikelihood {
    /// For a terminal: the mean so far; nil without any image.
    public var text: String? {
        guard !estimates.isEmpty else { return nil }
        return "−ln p(x) \(FixedPoint.string(negativeLogLikelihood, decimals: 2)) ± "
            + "\(FixedPoint.string(standardError, decimals: 2)) nats"
    }

    /// For a terminal: how fast it went.
    public func pace(seconds: Double) -> String {
        let rate = Double(estimates.count) / max(seconds, 1e-9)
        return
            "ln p(x) took \(FixedPoint.duration(seconds)), \(FixedPoint.string(rate, decimals: rate < 100 ? 1 : 0)) images/s"
    }
}
