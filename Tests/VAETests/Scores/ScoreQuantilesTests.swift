import Testing

@testable import VAE

@Suite struct ScoreQuantilesTests {
    private func scores(
        ranks: [Double] = [0, 0.5, 0.9, 1], _ quantiles: [String: [Float]] = ["elbo": [10, 20, 40, 80]],
        drawn: EvaluationRecord.Scores.Costs? = nil
    ) -> EvaluationRecord.Scores {
        EvaluationRecord.Scores(
            ranks: ranks, images: 100, atMean: .init(samples: nil, typicalLoss: 25, quantiles: quantiles), drawn: drawn)
    }

    @Test(arguments: [
        (5.0, 100.0), (10, 100), (15, 75), (20, 50), (30, 30), (40, 10), (60, 5), (80, 0), (81, 0), (.infinity, 0),
        (-.infinity, 100),
    ]) func percentileIsTheShareThatCostsAsMuch(cost: Double, expected: Double) {
        #expect(abs(scores().percentile(of: cost, among: [10, 20, 40, 80]) - expected) < 1e-12)
    }

    /// Where many images cost the same, all of them cost as much.
    @Test func equalQuantilesDivideNothingByZero() {
        #expect(scores().percentile(of: 10, among: [0, 10, 10, 10]) == 50)
        #expect(scores().percentile(of: 10, among: [10, 10, 10, 10]) == 100)
        #expect(scores().percentile(of: 10.5, among: [10, 10, 10, 10]) == 0)
    }

    @Test func drawsHaveQuantilesOfTheirOwn() {
        let drawn = EvaluationRecord.Scores.Costs(
            samples: 8, typicalLoss: 26, quantiles: ["elbo": [1, 2, 3, 4], "bound": [5, 6, 7, 8]])
        let both = scores(["elbo": [10, 20, 40, 80], "kl": [0, 1, 2, 3]], drawn: drawn)
        #expect(both.quantiles(.elbo, samples: nil) == [10, 20, 40, 80])
        #expect(both.quantiles(.elbo, samples: 3) == [1, 2, 3, 4], "its mean is the same for any number of draws")
        #expect(both.quantiles(.kl, samples: 3) == [0, 1, 2, 3], "the divergence knows no draws")
        #expect(both.quantiles(.bound, samples: 8) == [5, 6, 7, 8])
        #expect(both.quantiles(.bound, samples: 9) == nil && both.quantiles(.bound, samples: nil) == nil)
        #expect(scores().quantiles(.elbo, samples: 3) == nil)
    }

    @Test(
        arguments: [
            ([0, 0.9, 0.5, 1], ["elbo": [10, 20, 40, 80]]), ([0, 0.5, 0.9, 1.5], ["elbo": [10, 20, 40, 80]]),
            ([0.5], ["elbo": [10]]), ([0, 0.5, 0.9, 1], ["elbo": [10, 20, 40]]),
            ([0, 0.5, 0.9, 1], ["elbo": [10, 40, 20, 80]]), ([0, 0.5, 0.9, 1], ["new": [10, 20, 40, .infinity]]),
        ] as [([Double], [String: [Float]])]) func damageIsFound(ranks: [Double], quantiles: [String: [Float]])
    {
        #expect(throws: CheckpointError.self) { try scores(ranks: ranks, quantiles).check() }
        #expect(throws: Never.self) { try scores().check() }
        let drawn = EvaluationRecord.Scores.Costs(samples: 2, typicalLoss: 0, quantiles: ["elbo": [1]])
        #expect(throws: CheckpointError.self) { try scores(drawn: drawn).check() }
    }

    /// √(Var w / k) / E w of weights 1, 2, 3, 6: mean 3, sample variance 14/3.
    @Test func standardErrorIsThatOfTheMeanWeight() throws {
        var weights = LogWeights()
        for weight in [1.0, 2, 3, 6] { weights.add(naturalLogarithm(weight) - 500) }
        let found = try #require(WeighedDraws(weights: weights, reconstruction: 0).standardError)
        #expect(abs(found - (14.0 / 3 / 4).squareRoot() / 3) < 1e-9)
        var one = LogWeights()
        one.add(-3)
        #expect(WeighedDraws(weights: one, reconstruction: 0).standardError == nil)
    }
}
