internal import VAE

/// What a recommender achieves on held-out users.
public struct RankingResult: Hashable, Sendable, Codable {
    /// A mean over users, and its standard error: their standard deviation over √users.
    public struct Estimate: Hashable, Sendable, Codable {
        /// 0…1.
        public let mean: Double
        /// Of the mean.
        public let standardError: Double

        init(_ values: [Double]) {
            let count = Double(max(values.count, 1))
            let mean = values.reduce(0, +) / count
            self.mean = mean
            standardError = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count / count).squareRoot()
        }
    }

    /// Which recommender.
    public let name: String
    /// Number of users.
    public let users: Int
    /// Recall among the first 20 and 50.
    public let recall20, recall50: Estimate
    /// Normalised discounted cumulative gain of the first 100.
    public let ndcg100: Estimate

    /// Ranks all items that are not among the known ones of each of `users`, by the scores of `recommender`;
    /// nil when `shouldStop` says so. `progress` is told how many users are done.
    init?(
        _ recommender: any Recommender, on users: HeldOutUsers, progress: (Int) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws(TrainingError) {
        let metrics = try users.metrics(
            of: recommender, for: 0..<users.count, progress: progress, shouldStop: shouldStop)
        guard metrics.count == users.count else { return nil }
        name = recommender.name
        self.users = users.count
        recall20 = Estimate(metrics.map(\.recall20))
        recall50 = Estimate(metrics.map(\.recall50))
        ndcg100 = Estimate(metrics.map(\.ndcg100))
    }
}
