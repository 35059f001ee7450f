internal import VAE

/// Something that scores every item for users of whom some items are known.
protocol Recommender {
    /// For reports.
    var name: String { get }

    /// Fills `scores` `[users, items]` for the users `range` of `known`; larger is better.
    func score(
        _ known: SparseRows, _ range: Range<Int>, into scores: UnsafeMutablePointer<Float>
    ) throws(TrainingError)
}
