import Testing
import VAE

@Suite struct AdamTests {
    /// First step: m̂ = g and v̂ = g², so every weight moves by the learning rate against its gradient's sign.
    @Test func theFirstStepIsTheLearningRate() {
        let weights = FloatBuffer([1, 1, 1])
        let gradients = [FloatBuffer([2, -5, 0.5]), FloatBuffer([1, 1, 0.5])]
        let skipped = Adam(learningRate: 0.1).step(
            1, range: 0..<3, gradients: gradients, weights: weights, firstMoment: FloatBuffer(count: 3),
            secondMoment: FloatBuffer(count: 3))
        #expect(skipped == 0)
        for (found, expected) in zip(weights.array(), [0.9, 1.1, 0.9] as [Float]) {
            #expect(abs(found - expected) < 1e-6)
        }
    }

    @Test func aGradientThatIsNotFiniteTouchesNothing() {
        let weights = FloatBuffer([1, 2, 3, 4])
        let first = FloatBuffer([0.1, 0.2, 0.3, 0.4])
        let second = FloatBuffer([0.1, 0.2, 0.3, 0.4])
        let skipped = Adam().step(
            7, range: 0..<4, gradients: [FloatBuffer([1, .nan, .infinity, 1e30])], weights: weights,
            firstMoment: first, secondMoment: second)
        #expect(skipped == 3)
        #expect(weights.array(1..<4) == [2, 3, 4])
        #expect(first.array(1..<4) == [0.2, 0.3, 0.4])
        #expect(second.array(1..<4) == [0.2, 0.3, 0.4])
        #expect(weights[0] != 1)
    }

    @Test func rangesDoNotChangeBits() {
        let count = 3001
        let values = RandomStream(seed: 1, domain: .dataset).uniforms(row: 0, count: count)
        let gradient = [FloatBuffer(values)]
        func run(_ ranges: [Range<Int>]) -> [Float] {
            let weights = FloatBuffer(values)
            let moments = (FloatBuffer(count: count), FloatBuffer(count: count))
            for step in 1...3 as ClosedRange<UInt64> {
                for range in ranges {
                    _ = Adam().step(
                        step, range: range, gradients: gradient, weights: weights, firstMoment: moments.0,
                        secondMoment: moments.1)
                }
            }
            return weights.array()
        }
        #expect(run([0..<count]) == run([0..<17, 17..<1500, 1500..<count]))
    }
}
