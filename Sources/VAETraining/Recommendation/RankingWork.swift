internal import VAE

/// Ranks for users, and shows how far it is; gives up when told to.
struct RankingWork {
    let users: HeldOutUsers
    let progress: EvaluationProgress?
    let shouldStop: () -> Bool

    /// Nil when told to stop.
    func rank(_ recommender: any Recommender) throws(TrainingError) -> RankingResult? {
        progress?.begin(recommender.name, total: users.count, unit: "users")
        defer { progress?.end() }
        return try RankingResult(recommender, on: users, progress: { progress?.done($0) }, shouldStop: shouldStop)
    }

    /// Nil when told to stop.
    func decompose(_ rows: SparseRows, rank: Int) throws(TrainingError) -> (any Recommender)? {
        progress?.begin("truncated SVD", total: SingularValues.mostRounds, unit: "rounds")
        defer { progress?.end() }
        return try SingularValueRecommender(
            rows, rank: rank, progress: { progress?.done($0) }, shouldStop: shouldStop)
    }
}
