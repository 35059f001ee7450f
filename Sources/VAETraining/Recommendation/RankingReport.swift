public import VAE

/// A model beside the recommenders that everything must be compared with, on users it has not learned from.
public struct RankingReport: Sendable {
    /// The model first.
    public let results: [RankingResult]
    /// Who was ranked for, such as `test users`.
    public let users: String

    /// Factors of the truncated singular value decomposition unless told otherwise.
    public static let defaultRank = 50
    /// The most that make sense of a baseline.
    public static let ranks = 1...2000

    /// Ranks for the test users of `split`, or for those of the validation. Throws unless the model belongs to the data.
    public init(
        _ checkpoint: Checkpoint, name: String, on split: InteractionSplit, validation: Bool = false,
        rank: Int = Self.defaultRank
    ) throws(TrainingError) {
        guard Self.ranks.contains(rank) else {
            throw .setting("--svd-rank \(rank): expected \(Self.ranks.lowerBound)…\(Self.ranks.upperBound)")
        }
        let expected = split.train.shape
        guard checkpoint.architecture.inputShape == expected, checkpoint.architecture.configuration.classes == nil
        else {
            throw .setting(
                "the model takes \(checkpoint.architecture.inputShape), and \(split.name) has \(expected) with these "
                    + "settings; give the data and the flags it was trained with: \(checkpoint.training.command ?? "unknown")"
            )
        }
        if let items = checkpoint.items, items != split.items {
            throw .setting(
                "the model's items are not those of \(split.name) with these settings; give the data and the flags it was "
                    + "trained with: \(checkpoint.training.command ?? "unknown")")
        }
        if let learned = checkpoint.training.trainingImages, learned != split.train.count {
            throw .setting(
                "the model has learned from \(learned) users, and \(split.name) has \(split.train.count) to learn from with "
                    + "these settings: it might be asked about users it has learned from; give the data and the flags it "
                    + "was trained with: \(checkpoint.training.command ?? "unknown")")
        }
        let held = validation ? split.validation : split.test
        users = "\(held.count) \(validation ? "validation" : "test") users of \(split.name)"
        let model: VAEModel
        do throws(ModelError) {
            model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        } catch { throw .model(error) }
        let recommenders: [any Recommender] = [
            try ModelRecommender(model, name: name),
            try SingularValueRecommender(split.train.rows, rank: rank), PopularityRecommender(split.train.rows),
        ]
        var results: [RankingResult] = []
        for recommender in recommenders { results.append(try RankingResult(recommender, on: held)) }
        self.results = results
    }

    /// The table for a terminal: means and standard errors.
    public var text: String {
        let header = ["", "Recall@20", "Recall@50", "NDCG@100"]
        let lines = results.map { result in
            [result.name]
                + [result.recall20, result.recall50, result.ndcg100].map {
                    "\(FixedPoint.string($0.mean, decimals: 4)) ± \(FixedPoint.string($0.standardError, decimals: 4))"
                }
        }
        let widths = header.indices.map { column in ([header] + lines).map { $0[column].count }.max() ?? 0 }
        let table = ([header] + lines).map { line in
            zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        return ([users + ", mean ± standard error"] + table).joined(separator: "\n")
    }
}
