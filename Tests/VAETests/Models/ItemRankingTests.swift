import Testing

@testable import VAE

@Suite struct ItemRankingTests {
    private func items(_ most: Int, _ logits: [Float], without: [Int] = []) -> [Int]? {
        let (values, excluded) = (FloatBuffer(logits), FloatBuffer(count: logits.count))
        for item in without { excluded[item] = 0.5 }
        return unsafe ItemRanking.best(most, of: logits.count, logits: values.base, excluded: excluded.base)?.map(
            \.item)
    }

    @Test func bestFirstAndEqualOnesByNumber() {
        #expect(items(3, [0, 5, 1, 5, 2, 5, 5]) == [1, 3, 5])
        #expect(items(3, [0, 5, 1, 5, 2, 5, 5], without: [1, 5]) == [3, 6, 4])
        #expect(items(9, [1, 2, 3], without: [2]) == [1, 0])
        #expect(items(1, [1], without: [0]) == [])
    }

    /// As sorting everything gives it, however many are wanted.
    @Test(arguments: [1, 2, 7, 100, 499, 500]) func manyItems(most: Int) {
        // With repetitions, so that ties cross the boundary.
        let logits = FloatBuffer.noise(500, seed: 3).array().map { ($0 * 8).rounded() / 8 }
        let sorted = logits.indices.sorted { logits[$0] != logits[$1] ? logits[$0] > logits[$1] : $0 < $1 }
        #expect(items(most, logits) == Array(sorted.prefix(most)))
    }

    @Test func probabilitiesAreOfAllItems() {
        let logits = FloatBuffer([1, 1, 1, 1].map { Float($0) + 1000 })
        let excluded = FloatBuffer([1, 0, 0, 0].map { Float($0) })
        let best = unsafe ItemRanking.best(2, of: 4, logits: logits.base, excluded: excluded.base)
        #expect(best?.map(\.item) == [1, 2])
        #expect(best?.allSatisfy { abs($0.logProbability + 1.386_294_4) < 1e-4 } == true, "ln ¼ each")
        logits[2] = .nan
        #expect(unsafe ItemRanking.best(2, of: 4, logits: logits.base, excluded: nil) == nil)
    }
}
