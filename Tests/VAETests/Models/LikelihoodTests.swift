import Glibc
import Testing

@testable import VAE

/// What holds for every likelihood, and what each of them promises besides.
@Suite struct LikelihoodTests {
    static let all: [Likelihood] = [
        .bernoulli, .continuousBernoulli, .gaussian(.learned), .discretizedLogistic(.learned), .multinomial,
    ]

    private static func uniforms(_ count: Int) -> FloatBuffer {
        FloatBuffer(RandomStream(seed: 2, domain: .dataset).uniforms(row: 0, count: count))
    }

    private static func nll(
        _ likelihood: Likelihood, rows: Int, decoded: FloatBuffer, x: FloatBuffer, logScale: Float = 0
    ) -> FloatBuffer {
        let nll = FloatBuffer(count: rows)
        unsafe likelihood.negativeLogLikelihood(
            rows: rows, width: decoded.count / rows, decoded: decoded.base, x: x.base, logScale: logScale,
            into: nll.base)
        return nll
    }

    private static func gradients(
        _ likelihood: Likelihood, rows: Int, decoded: FloatBuffer, x: FloatBuffer, logScale: Float = 0,
        scale: Float = 1, inPlace: Bool = false
    ) -> (nll: FloatBuffer, gradient: FloatBuffer, logScale: FloatBuffer) {
        let (nll, logScaleGradient) = (FloatBuffer(count: rows), FloatBuffer(count: rows))
        let numbers = FloatBuffer(decoded.array())
        let gradient = inPlace ? numbers : FloatBuffer(count: decoded.count)
        unsafe likelihood.negativeLogLikelihoodAndGradient(
            rows: rows, width: decoded.count / rows, decoded: numbers.base, x: x.base, logScale: logScale,
            scale: scale, into: nll.base, gradient: gradient.base, logScaleGradient: logScaleGradient.base)
        return (nll, gradient, logScaleGradient)
    }

    /// Widths on both sides of the sixteen partial sums, and of the pieces that stay in the cache.
    /// The multinomial's pixels have no cost of their own.
    @Test(arguments: all.filter { $0 != .multinomial }, [1, 15, 17, 255, 257, 784])
    func rowsAddUpTheirPixels(likelihood: Likelihood, width: Int) {
        let (rows, logScale) = (3, Float(-1))
        let decoded = FloatBuffer.noise(rows * width, seed: 1, scale: 2)
        let x = Self.uniforms(rows * width)
        let found = Self.nll(likelihood, rows: rows, decoded: decoded, x: x, logScale: logScale)
        let pixels = Self.nll(likelihood, rows: rows * width, decoded: decoded, x: x, logScale: logScale).array()
        for row in 0..<rows {
            let part = pixels[row * width..<(row + 1) * width]
            let expected = part.reduce(0) { $0 + Double($1) }
            let size = part.reduce(0) { $0 + abs(Double($1)) }
            #expect(abs(Double(found[row]) - expected) <= 2e-6 * size)
        }
    }

    @Test(arguments: [1, 15, 16, 17, 300]) func multinomialAgreesWithItsDefinition(width: Int) {
        let logits = FloatBuffer.noise(2 * width, seed: 1, scale: 4)
        let x = Self.uniforms(2 * width)
        let nll = Self.nll(.multinomial, rows: 2, decoded: logits, x: x)
        for row in 0..<2 {
            let range = row * width..<(row + 1) * width
            let sum = range.reduce(0) { $0 + exp(Double(logits[$1])) }
            let expected = range.reduce(0) { $0 - Double(x[$1]) * (Double(logits[$1]) - log(sum)) }
            #expect(abs(Double(nll[row]) - expected) <= 3e-6 * expected)
        }
    }

    @Test(arguments: all) func gradientsAreFiniteDifferences(likelihood: Likelihood) throws {
        let (rows, width, scale) = (2, 19, Float(0.5))
        let decoded = FloatBuffer.noise(rows * width, seed: 5, scale: 1.5)
        let x = Self.uniforms(rows * width)
        let logScale = FloatBuffer([-0.4])
        let found = Self.gradients(
            likelihood, rows: rows, decoded: decoded, x: x, logScale: logScale[0], scale: scale)
        func loss() -> Double {
            let nll = Self.nll(likelihood, rows: rows, decoded: decoded, x: x, logScale: logScale[0])
            return Double(scale) * (Double(nll[0]) + Double(nll[1]))
        }
        #expect(abs(loss() - Double(scale * (found.nll[0] + found.nll[1]))) <= 1e-5 * abs(loss()))
        try FiniteDifference.expect(found.gradient, toBeDerivativeOf: loss, by: decoded, likelihood.name)
        let sum = FloatBuffer([found.logScale[0] + found.logScale[1]])
        try FiniteDifference.expect(sum, toBeDerivativeOf: loss, by: logScale, "\(likelihood.name), ln scale")
        #expect((sum[0] == 0) == !likelihood.hasScale)
    }

    /// The gradient takes the place of the decoder's numbers, and the mean too.
    @Test(arguments: all) func mayRunInPlace(likelihood: Likelihood) {
        let (rows, width) = (2, 277)
        let decoded = FloatBuffer.noise(rows * width, seed: 5, scale: 3)
        let x = Self.uniforms(rows * width)
        let apart = Self.gradients(likelihood, rows: rows, decoded: decoded, x: x, logScale: -1)
        let inPlace = Self.gradients(likelihood, rows: rows, decoded: decoded, x: x, logScale: -1, inPlace: true)
        #expect(inPlace.gradient.hasSameBits(as: apart.gradient, count: rows * width))
        #expect(inPlace.nll.hasSameBits(as: apart.nll, count: rows))
        let mean = FloatBuffer(count: rows * width)
        unsafe likelihood.mean(count: rows * width, width: width, decoded: decoded.base, into: mean.base)
        unsafe likelihood.mean(count: rows * width, width: width, decoded: decoded.base, into: decoded.base)
        #expect(decoded.hasSameBits(as: mean, count: rows * width))
    }

    /// However wrong the decoder and however narrow the scale, numbers stay numbers, and means stay colours.
    @Test(arguments: all, [Float(-1e30), -8, 0, 8, 1e30]) func extremesStayFinite(
        likelihood: Likelihood, logScale: Float
    ) {
        let edges: [Float] = [-1e12, -1000, -40, -1, -1e-30, 0, 1e-30, 0.5, 1, 40, 1000, 1e12]
        for pixel: Float in [0, 1e-30, 0.5, 1] {
            let decoded = FloatBuffer(edges)
            let x = FloatBuffer([Float](repeating: pixel, count: edges.count))
            let found = Self.gradients(likelihood, rows: 1, decoded: decoded, x: x, logScale: logScale)
            #expect(found.nll.isFinite && found.gradient.isFinite && found.logScale.isFinite, "x = \(pixel)")
            unsafe likelihood.mean(
                count: edges.count, width: edges.count, decoded: decoded.base, into: decoded.base)
            #expect(decoded.array().allSatisfy { (0...1).contains($0) })
        }
    }

    /// A decoder that has diverged must not look like one that has not.
    @Test(arguments: all) func notANumberStaysVisible(likelihood: Likelihood) {
        let decoded = FloatBuffer([0.1, .nan, 0.3])
        let found = Self.gradients(likelihood, rows: 1, decoded: decoded, x: FloatBuffer([0.5, 0.5, 0.5]))
        #expect(found.nll[0].isNaN && found.gradient[1].isNaN)
        unsafe likelihood.mean(count: 3, width: 3, decoded: decoded.base, into: decoded.base)
        #expect(decoded[1].isNaN)
        guard likelihood.hasScale else { return }
        let lost = Self.gradients(
            likelihood, rows: 1, decoded: FloatBuffer([0.1]), x: FloatBuffer([0.5]), logScale: .nan)
        #expect(lost.nll[0].isNaN)
    }

    /// Beyond the bounds everything is as at the bound, also the derivative, which leads back.
    @Test(arguments: all.filter(\.hasScale)) func scalesAreBounded(likelihood: Likelihood) {
        let (decoded, x) = (FloatBuffer.noise(9, seed: 3), Self.uniforms(9))
        for (bound, sign) in [(LikelihoodScale.bounds.lowerBound, Float(-1)), (LikelihoodScale.bounds.upperBound, 1)] {
            let logScale = Float(log(Double(bound)))
            let at = Self.gradients(likelihood, rows: 1, decoded: decoded, x: x, logScale: logScale)
            let beyond = Self.gradients(likelihood, rows: 1, decoded: decoded, x: x, logScale: logScale + 5 * sign)
            let within = Self.gradients(likelihood, rows: 1, decoded: decoded, x: x, logScale: logScale - 1 * sign)
            #expect(largestDifference(beyond.nll.array(), at.nll.array()) < 1e-5)
            #expect(largestDifference(beyond.logScale.array(), at.logScale.array()) < 1e-5)
            #expect(abs(within.nll[0] / at.nll[0] - 1) > 0.02)
            #expect(beyond.logScale[0] * sign > 0)
        }
    }

    /// A certain and right prediction costs next to nothing; a certain and wrong one costs its logit, never infinity.
    @Test func bernoulliOfExtremeLogits() {
        let logits = FloatBuffer([-1000, 1000, -1000, 1000, -20, 20, 0, -1e30])
        let x = FloatBuffer([0, 1, 1, 0, 0, 1, 0.5, 0])
        let (nll, gradient, _) = Self.gradients(.bernoulli, rows: 8, decoded: logits, x: x)
        let tail = Float(log1p(exp(-20.0)))
        #expect(largestDifference(nll.array(), [0, 0, 1000, 1000, tail, tail, 0.6931472, 0]) < 1e-7)
        #expect(abs(nll[4] / tail - 1) < 1e-6)
        #expect(largestDifference(gradient.array(), [0, 0, -1, 1, tail, -tail, 0, 0]) < 1e-7)
    }

    /// A density on 0…1 has integral 1, on both sides of where series and closed form meet.
    @Test(arguments: [Float(-30), -3, -1, -0.999, -1e-4, 0, 1e-6, 0.5, 0.999, 1, 1.001, 7, 25])
    func continuousBernoulliIsADensity(logit: Float) {
        let steps = 4000
        let x = FloatBuffer((0..<steps).map { (Float($0) + 0.5) / Float(steps) })
        let nll = Self.nll(
            .continuousBernoulli, rows: steps, decoded: FloatBuffer([Float](repeating: logit, count: steps)), x: x)
        let integral = nll.array().reduce(0) { $0 + exp(-Double($1)) } / Double(steps)
        #expect(abs(integral - 1) < 1e-5)
        let mean = nll.array().indices.reduce(0) { $0 + exp(-Double(nll[$1])) * Double(x[$1]) } / Double(steps)
        let found = FloatBuffer([logit])
        unsafe Likelihood.continuousBernoulli.mean(count: 1, width: 1, decoded: found.base, into: found.base)
        #expect(abs(Double(found[0]) - mean) < 1e-5)
    }

    /// The 256 levels share all of the probability, wherever the mean lies and however wide the scale is; and a pixel of
    /// 0…255 over 255, or over 256, is at its own level.
    @Test(arguments: [Float(0.001), 0.01, 0.3, 20], [Float(-0.3), 0, 0.123, 0.5, 1, 1.5])
    func levelsShareAllOfTheProbability(scale: Float, mean: Float) {
        let decoded = FloatBuffer([Float](repeating: mean, count: 256))
        let logScale = Float(log(Double(scale)))
        var levels: [[Float]] = []
        for divisor: Float in [255, 256] {
            let x = FloatBuffer((0..<256).map { Float($0) / divisor })
            let nll = Self.nll(
                .discretizedLogistic(.learned), rows: 256, decoded: decoded, x: x, logScale: logScale)
            levels.append(nll.array())
        }
        #expect(levels[0] == levels[1])
        let sum = levels[0].reduce(0) { $0 + exp(-Double($1)) }
        #expect(abs(sum - 1) < 2e-5)
        #expect(levels[0].allSatisfy { $0 >= 0 })
    }

    /// What an untrained decoder gives with this bias; the multinomial's probabilities are the shares.
    @Test(arguments: all) func outputBiasGivesTheMeanPixel(likelihood: Likelihood) {
        let means = [0.05, 0.13, 0.27, 0.55]
        let biases = FloatBuffer(means.map { likelihood.outputBias(meanPixel: $0) })
        unsafe likelihood.mean(count: 4, width: 4, decoded: biases.base, into: biases.base)
        for (found, mean) in zip(biases.array(), means) { #expect(abs(Double(found) - mean) < 1e-6) }
        for mean in [0.0, 1] { #expect(likelihood.outputBias(meanPixel: mean).isFinite) }
    }
}
