internal import VAE

/// The same for everyone: how many training users chose an item.
struct PopularityRecommender: Recommender {
    let name = "popularity"
    private let counts: [Float]

    init(_ train: SparseRows) { counts = train.columnCounts.map(Float.init) }

    func score(_ known: SparseRows, _ range: Range<Int>, into scores: UnsafeMutablePointer<Float>) {
        for row in 0..<range.count {
            for (item, count) in counts.enumerated() { unsafe scores[row * counts.count + item] = count }
        }
    }
}
