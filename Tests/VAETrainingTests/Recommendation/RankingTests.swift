import Testing
import VAE

@testable import VAETraining

@Suite struct RankingTests {
    @Test func everyUsersMetricsAreThoseOfThePapersCode() throws {
        let reference = try RankingReference()
        let (known, targets) = (try reference.rows("known"), try reference.rows("targets"))
        let scores = FloatBuffer(try reference.numbers("scores", RankingReference.users, RankingReference.items))
        let metrics = (0..<RankingReference.users).map { user in
            let ranked = unsafe RankingMetrics.best(
                scores.base + user * RankingReference.items, count: RankingReference.items, without: known[user])
            return RankingMetrics(ranked: ranked, targets: targets[user])
        }
        func agree(_ found: [Double], _ name: String) throws {
            for (a, b) in zip(found, try reference.numbers(name, RankingReference.users)) {
                #expect(abs(a - Double(b)) < 1e-6, "\(name)")
            }
        }
        try agree(metrics.map(\.recall20), "recall20")
        try agree(metrics.map(\.recall50), "recall50")
        try agree(metrics.map(\.ndcg100), "ndcg100")
        let estimate = RankingResult.Estimate(metrics.map(\.ndcg100))
        let expected = try reference.numbers("ndcg100_mean_and_error", 2)
        #expect(abs(estimate.mean - Double(expected[0])) < 1e-6)
        #expect(abs(estimate.standardError - Double(expected[1])) < 1e-6)
    }

    @Test func theFirstOfEqualsWinsAndNaNNeverDoes() {
        let scores = FloatBuffer([1, 3, .nan, 3, 2, -.infinity, 3])
        let ranked = unsafe RankingMetrics.best(scores.base, count: 7, without: [3], depth: 3)
        #expect(ranked == [1, 6, 4])
        #expect(unsafe RankingMetrics.best(scores.base, count: 7, without: [], depth: 10) == [1, 3, 6, 4, 0, 5])
    }

    @Test func aPerfectOrderHasOneAndAWrongOneNothing() {
        let perfect = RankingMetrics(ranked: [4, 2, 9], targets: [2, 4])
        #expect(perfect.recall20 == 1 && perfect.recall50 == 1 && perfect.ndcg100 == 1)
        let wrong = RankingMetrics(ranked: [1, 3], targets: [2, 4])
        #expect(wrong.recall20 == 0 && wrong.ndcg100 == 0)
    }

    /// The recommenders come one after the other; those that are complete stay.
    @Test func stopsWhenToldTo() throws {
        let source = "interactions:100x200"
        let split = try InteractionSource.load(source, settings: DataSettings(source: source))
        let settings = TrainingSettings.standard(data: source, output: "", epochs: 1, kind: nil)
        let architecture = try VAEArchitecture(settings.configuration(for: split.train))
        let checkpoint = Checkpoint(
            architecture: architecture, parameters: FloatBuffer(count: architecture.layout.count),
            training: TrainingRecord(), license: nil)
        func report(questions: Int) throws -> RankingReport {
            var asked = 0
            return try RankingReport(checkpoint, name: "model", on: split, rank: 4) {
                asked += 1
                return asked > questions
            }
        }
        let all = ["model", "truncated SVD", "popularity"]
        #expect(try report(questions: 0).leftOut == all)
        #expect(try report(questions: 1).leftOut == Array(all[1...]))
        #expect(try report(questions: 2).results.map(\.name) == ["model"])
        let complete = try report(questions: .max)
        #expect(complete.leftOut == [] && complete.results.count == 3)
    }

    /// Users learned from must not be among those asked about.
    @Test func refusesAnotherNumberOfTrainingUsers() throws {
        let source = "interactions:100x200"
        let split = try InteractionSource.load(source, settings: DataSettings(source: source))
        let settings = TrainingSettings.standard(data: source, output: "", epochs: 1, kind: nil)
        let architecture = try VAEArchitecture(settings.configuration(for: split.train))
        var training = TrainingRecord()
        training.trainingImages = 81
        let checkpoint = Checkpoint(
            architecture: architecture, parameters: FloatBuffer(count: architecture.layout.count),
            training: training, license: nil)
        let error = #expect(throws: TrainingError.self) { try RankingReport(checkpoint, name: "model", on: split) }
        #expect(error?.description.contains("81 users") == true && error?.description.contains("has 80") == true)
    }

    @Test func popularityCountsTrainingUsers() throws {
        let train = SparseRows(width: 4, rows: [[0, 2], [2], [2, 3], [3]] as [[UInt32]])
        let scores = FloatBuffer(count: 8)
        let known = SparseRows(width: 4, rows: [[0], [1]] as [[UInt32]])
        unsafe PopularityRecommender(train).score(known, 0..<2, into: scores.base)
        #expect(scores.array() == [1, 0, 3, 2, 1, 0, 3, 2])
    }

    @Test func theTruncatedDecompositionIsNumpys() throws {
        let reference = try RankingReference()
        let known = try reference.rows("known")
        let expected = try reference.numbers("singular_values", 7)
        let values = try SingularValues(of: known, rank: 7, seed: 1).values
        for (found, value) in zip(values, expected) { #expect(abs(found / Double(value) - 1) < 1e-6) }
        let recommender = try #require(try SingularValueRecommender(known, rank: 7))
        #expect(recommender.name == "truncated SVD, rank 7")
        let scores = FloatBuffer(count: RankingReference.users * RankingReference.items)
        unsafe recommender.score(known, 0..<RankingReference.users, into: scores.base)
        let projected = try reference.numbers("svd_scores", RankingReference.users, RankingReference.items)
        for (found, value) in zip(scores.array(), projected) { #expect(abs(found - value) < 1e-5) }
    }

    /// Two kinds of users: rank two, whatever is asked for.
    @Test func aMatrixOfLowRankHasFewerValues() throws {
        let rows: [[UInt32]] = (0..<6).map { $0 % 3 == 0 ? [0, 1] : [2, 3, 4] }
        let found = try SingularValues(of: SparseRows(width: 5, rows: rows), rank: 4, seed: 3)
        #expect(found.values.count == 2)
        #expect(abs(found.values[0] - 12.0.squareRoot()) < 1e-9 && abs(found.values[1] - 2) < 1e-9)
        let nothing = try SingularValues(of: SparseRows(width: 5, rows: [[], []] as [[UInt32]]), rank: 2, seed: 3)
        #expect(nothing.values.isEmpty && nothing.vectors.isEmpty)
    }
}
