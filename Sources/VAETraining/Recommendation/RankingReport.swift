public import VAE

/// A model beside the recommenders that everything must be compared with, on users it has not learned from.
public struct RankingReport: Sendable {
    /// The model first.
    public let results: [RankingResult]
    /// Those that were not ranked for all users, since it was told to stop.
    public let leftOut: [String]
    /// Who was ranked for, such as `test users`.
    public let users: String

    /// Factors of the truncated singular value decomposition unless told otherwise.
    public static let defaultRank = 50
    /// The most that make sense of a baseline.
    public static let ranks = 1...2000

    /// Ranks for the test users of `split`, or for those of the validation. Throws unless the model belongs to the data.
    /// `progress`, if given, shows what is being done; when `shouldStop` says so, the rest is left out.
    public init(
        _ checkpoint: Checkpoint, name: String, on split: InteractionSplit, validation: Bool = false,
        rank: Int = Self.defaultRank, progress: EvaluationProgress? = nil,
        shouldStop: @escaping () -> Bool = { false }
    ) throws(TrainingError) {
        guard Self.ranks.contains(rank) else {
            throw .setting("--svd-rank \(rank): expected \(Self.ranks.lowerBound)…\(Self.ranks.upperBound)")
        }
        try Self.check(checkpoint, belongsTo: split)
        let held = validation ? split.validation : split.test
        users = "\(held.count) \(validation ? "validation" : "test") users of \(split.name)"
        let work = RankingWork(users: held, progress: progress, shouldStop: shouldStop)
        let model: VAEModel
        do throws(ModelError) {
            model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        } catch { throw .model(error) }
        var results: [RankingResult?] = [try work.rank(ModelRecommender(model, name: name))]
        results.append(try work.decompose(split.train.rows, rank: rank).flatMap(work.rank))
        results.append(try work.rank(PopularityRecommender(split.train.rows)))
        self.results = results.compactMap(\.self)
        leftOut = zip([name, "truncated SVD", "popularity"], results).filter { $1 == nil }.map(\.0)
    }

    private static func check(_ checkpoint: Checkpoint, belongsTo split: InteractionSplit) throws(TrainingError) {
        let remedy = "give the data and the flags it was trained with: \(checkpoint.training.command ?? "unknown")"
        let expected = split.train.shape
        guard checkpoint.architecture.inputShape == expected, checkpoint.architecture.configuration.classes == nil
        else {
            throw .setting(
                "the model takes \(checkpoint.architecture.inputShape), and \(split.name) has \(expected) with these "
                    + "settings; \(remedy)")
        }
        if let items = checkpoint.items, items != split.items {
            throw .setting("the model's items are not those of \(split.name) with these settings; \(remedy)")
        }
        if let learned = checkpoint.training.trainingImages, learned != split.train.count {
            throw .setting(
                "the model has learned from \(learned) users, and \(split.name) has \(split.train.count) to learn from with "
                    + "these settings: it might be asked about users it has learned from; \(remedy)")
        }
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
