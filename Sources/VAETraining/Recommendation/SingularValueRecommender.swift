internal import VAE

/// Truncated singular value decomposition of the training rows (PureSVD: Cremonesi, Koren & Turrin 2010): with the right
/// singular vectors V `[items, rank]` a user with the items x has the scores x·V·Vᵀ.
struct SingularValueRecommender: Recommender {
    let name: String
    let rank: Int
    private let items: Int
    /// V `[items, rank]`, and transposed.
    private let vectors, transposed: [Double]

    static let seed: UInt64 = 1

    /// Decomposes `train`; `rank` is what is asked for, and may turn out less. Nil when `shouldStop`, asked before every
    /// round, says so; `progress` is told how many rounds are done, of `SingularValues.mostRounds` at most.
    init?(
        _ train: SparseRows, rank wanted: Int, progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws(TrainingError) {
        var isStopped = false
        let found: SingularValues
        do throws(ModelError) {
            found = try SingularValues(of: train, rank: wanted, seed: Self.seed) { rounds in
                progress(rounds)
                isStopped = isStopped || shouldStop()
                return !isStopped
            }
        } catch { throw .model(error) }
        guard !isStopped else { return nil }
        let (items, rank) = (train.width, found.values.count)
        self.items = items
        self.rank = rank
        vectors = found.vectors
        transposed = (0..<rank).flatMap { factor in (0..<items).map { found.vectors[$0 * rank + factor] } }
        name = "truncated SVD, rank \(rank)"
    }

    func score(_ known: SparseRows, _ range: Range<Int>, into scores: UnsafeMutablePointer<Float>) {
        let factors = known[range].product(vectors, depth: rank)
        let products = SingularValues.product(factors, transposed, rows: range.count, depth: rank, width: items)
        for (index, score) in products.enumerated() { unsafe scores[index] = Float(score) }
    }
}
