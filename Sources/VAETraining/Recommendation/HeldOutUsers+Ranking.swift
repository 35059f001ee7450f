internal import Synchronization
internal import VAE

extension HeldOutUsers {
    /// Users that are scored together.
    private static let rows = 64

    /// Ranks all items that are not among the known ones of each of the users `range`, by the scores of `recommender`;
    /// fewer when `shouldStop`, asked before every few users, says so. `progress` is told how many users are done.
    func metrics(
        of recommender: any Recommender, for range: Range<Int>, progress: (Int) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws(TrainingError) -> [RankingMetrics] {
        let width = foldIn.width
        let scores = FloatBuffer(count: min(Self.rows, range.count) * width)
        var metrics: [RankingMetrics] = []
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.rows) {
            guard !shouldStop() else { break }
            let block = start..<min(start + Self.rows, range.upperBound)
            try unsafe recommender.score(foldIn, block, into: scores.base)
            for user in block {
                let ranked = unsafe RankingMetrics.best(
                    scores.base + (user - start) * width, count: width, without: foldIn[user])
                metrics.append(RankingMetrics(ranked: ranked, targets: targets[user]))
            }
            progress(metrics.count)
        }
        return metrics
    }

    /// Mean NDCG@100 of what `model` ranks for all of them, on all threads of all processes. The users' figures are added
    /// in their order, so that the number of threads changes nothing.
    func ndcg100(
        of model: VAEModel, team: ThreadTeam, processes: ProcessGroup
    ) throws(TrainingError) -> Double {
        let parts = Mutex([Result<[Double], TrainingError>](repeating: .success([]), count: team.count))
        team.run { thread in
            let share = processes.share(thread, of: team.count, total: count)
            let part = Result { () throws(TrainingError) in
                try metrics(of: ModelRecommender(model, name: "validation"), for: share).map(\.ndcg100)
            }
            parts.withLock { $0[thread] = part }
        }
        var sum = 0.0
        for part in parts.withLock({ $0 }) { sum = try part.get().reduce(sum, +) }
        return processes.sum([sum])[0] / Double(count)
    }
}
