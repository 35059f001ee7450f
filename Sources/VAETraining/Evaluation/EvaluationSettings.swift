internal import VAE

/// What an evaluation measures, and with which random numbers.
public struct EvaluationSettings: Hashable, Sendable {
    /// Determines all noise.
    public var seed: UInt64
    /// Of the one draw that turns grey values to zeros and ones; nil for grey values as they are.
    public var binarisationSeed: UInt64?
    /// Held-out images at most; nil for all.
    public var images: Int?
    /// Importance samples per image; nil for no estimate of ln p(x).
    public var samples: Int?
    /// Components of the mixture fitted to the aggregate posterior; 0 for none.
    public var components = 10
    /// What the labels stand for, in their order; nil for what the data say, else their numbers.
    public var classNames: [String]?

    /// Training images at most, evenly spread over the set: more do not change what is said about all of them.
    public static let maximumTrainingImages = 100_000
    /// The most components.
    public static let maximumComponents = 1_000

    /// Everything but ln p(x), on the held-out images as they are.
    public init(seed: UInt64) { self.seed = seed }

    /// Refuses what cannot work, naming the flag, the value and what to do.
    public func validate() throws(TrainingError) {
        if let samples { try SettingCheck.range("samples", samples, 1...LogLikelihoodEstimator.maximumSamples) }
        if let images, images < 1 { throw .setting("--images \(images): expected at least 1") }
        try SettingCheck.range("mixture", components, 0...Self.maximumComponents)
        if let name = classNames?.first(where: { !LatentLandmark.isFit($0) }) {
            throw .setting(
                "--label-names: expected names of 1…\(LatentLandmark.longestName) bytes with commas between them; "
                    + "found \"\(name)\"")
        }
    }
}
