import Glibc
import Testing

@testable import VAE

/// The Bernoulli likelihood from logits.
@Suite struct LikelihoodTests {
    /// Widths on both sides of the sixteen partial sums.
    @Test(arguments: [1, 15, 16, 17, 30, 784]) func agreesWithItsDefinition(width: Int) {
        let rows = 3
        let logits = FloatBuffer.noise(rows * width, seed: 1, scale: 4)
        let x = FloatBuffer(RandomStream(seed: 1, domain: .dataset).uniforms(row: 0, count: rows * width))
        let (nll, mean) = (FloatBuffer(count: rows), FloatBuffer(count: rows * width))
        unsafe Likelihood.bernoulli.negativeLogLikelihood(
            rows: rows, width: width, decoded: logits.base, x: x.base, into: nll.base)
        unsafe Likelihood.bernoulli.mean(count: rows * width, decoded: logits.base, into: mean.base)
        for row in 0..<rows {
            var expected = 0.0
            for index in row * width..<(row + 1) * width {
                let p = 1 / (1 + exp(-Double(logits[index])))
                expected -= Double(x[index]) * log(p) + (1 - Double(x[index])) * log(1 - p)
                #expect(abs(Double(mean[index]) - p) <= 3e-7 * p)
            }
            #expect(abs(Double(nll[row]) - expected) <= 2e-6 * expected)
        }
    }

    /// A certain and right prediction costs next to nothing; a certain and wrong one costs its logit, never infinity.
    @Test func extremeLogitsStayFinite() {
        let logits = FloatBuffer([-1000, 1000, -1000, 1000, -20, 20, 0, -1e30])
        let x = FloatBuffer([0, 1, 1, 0, 0, 1, 0.5, 0])
        let (nll, gradient) = (FloatBuffer(count: 8), FloatBuffer(count: 8))
        unsafe Likelihood.bernoulli.negativeLogLikelihoodAndGradient(
            rows: 8, width: 1, decoded: logits.base, x: x.base, scale: 1, into: nll.base, gradient: gradient.base)
        let tail = Float(log1p(exp(-20.0)))
        #expect(largestDifference(nll.array(), [0, 0, 1000, 1000, tail, tail, 0.6931472, 0]) < 1e-7)
        #expect(abs(nll[4] / tail - 1) < 1e-6)
        #expect(largestDifference(gradient.array(), [0, 0, -1, 1, tail, -tail, 0, 0]) < 1e-7)
    }

    @Test(arguments: [7, 33]) func gradientIsTheFiniteDifference(width: Int) throws {
        let (rows, scale) = (2, Float(0.5))
        let logits = FloatBuffer.noise(rows * width, seed: 5, scale: 3)
        let x = FloatBuffer(RandomStream(seed: 2, domain: .dataset).uniforms(row: 0, count: rows * width))
        let (nll, gradient) = (FloatBuffer(count: rows), FloatBuffer(count: rows * width))
        unsafe Likelihood.bernoulli.negativeLogLikelihoodAndGradient(
            rows: rows, width: width, decoded: logits.base, x: x.base, scale: scale, into: nll.base,
            gradient: gradient.base)
        let alone = FloatBuffer(count: rows)
        func loss() -> Double {
            unsafe Likelihood.bernoulli.negativeLogLikelihood(
                rows: rows, width: width, decoded: logits.base, x: x.base, into: alone.base)
            return Double(scale) * (Double(alone[0]) + Double(alone[1]))
        }
        _ = loss()
        #expect(largestDifference(alone.array(), nll.array()) < 1e-6)
        try FiniteDifference.expect(gradient, toBeDerivativeOf: loss, by: logits)

        let inPlace = FloatBuffer(logits.array())
        unsafe Likelihood.bernoulli.negativeLogLikelihoodAndGradient(
            rows: rows, width: width, decoded: inPlace.base, x: x.base, scale: scale, into: nll.base,
            gradient: inPlace.base)
        #expect(inPlace.hasSameBits(as: gradient, count: gradient.count))
    }

    @Test func outputBiasGivesTheMeanPixel() {
        for mean in [0.001, 0.13, 0.5, 0.999] {
            let bias = Double(Likelihood.bernoulli.outputBias(meanPixel: mean))
            #expect(abs(1 / (1 + exp(-bias)) - mean) < 1e-6)
        }
        #expect(Likelihood.bernoulli.outputBias(meanPixel: 0) == Likelihood.bernoulli.outputBias(meanPixel: 0.001))
        #expect(Likelihood.bernoulli.outputBias(meanPixel: 1).isFinite)
    }
}
