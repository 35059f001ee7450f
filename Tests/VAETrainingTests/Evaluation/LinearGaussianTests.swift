import Glibc
import Testing

@testable import VAE
@testable import VAETraining

/// ln p(x) of a model with a linear decoder and a Gaussian likelihood is known: x ~ N(b, W Wᵀ + s² I).
@Suite struct LinearGaussianTests {
    @Test func agreesWithTheExactMarginal() throws {
        let scale: Float = 0.8
        let fixture = try EvaluationFixture(latent: 2) { configuration in
            configuration.likelihood = .gaussian(.fixed(scale))
            configuration.decoder = [.linear(inputs: 2, outputs: 16)]
        }
        let checkpoint = fixture.checkpoint
        func tensor(_ name: String) throws -> [Double] {
            let entry = try #require(checkpoint.architecture.layout.entries.first { $0.name == name })
            return checkpoint.parameters.array(entry.offset..<entry.offset + entry.count).map(Double.init)
        }
        let (weight, bias) = try (tensor("decoder.0.weight"), tensor("decoder.0.bias"))
        var covariance = [Double](repeating: 0, count: 256)
        for row in 0..<16 {
            for column in 0..<16 {
                covariance[row * 16 + column] =
                    weight[2 * row] * weight[2 * column] + weight[2 * row + 1] * weight[2 * column + 1]
                    + (row == column ? Double(scale) * Double(scale) : 0)
            }
        }
        let factor = try #require(Cholesky(covariance, size: 16))
        let whitening = factor.inverse
        func exact(_ x: [Double]) -> Double {
            var value = 8 * log(2 * Double.pi)
            for row in 0..<16 {
                var sum = 0.0
                for column in 0...row { sum += whitening[row * 16 + column] * (x[column] - bias[column]) }
                value += 0.5 * sum * sum + log(factor.factor[row * 16 + row])
            }
            return -value
        }

        let k = 4000
        let model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        let result = try LogLikelihoodEstimator(model, samples: k, seed: 3, threads: 2)
            .estimate(fixture.data.test, count: 70)
        let x = FloatBuffer(count: 70 * 16)
        try unsafe fixture.data.test.copy(0..<70, into: x.base)
        var squares = 0.0
        for (image, estimate) in result.estimates.enumerated() {
            let truth = exact(x.array(image * 16..<(image + 1) * 16).map(Double.init))
            // To first order the error has variance 1/ESS − 1/k.
            let deviation = (1 / estimate.effectiveSampleSize - 1 / Double(k)).squareRoot()
            squares += (estimate.bound - truth) * (estimate.bound - truth) / (deviation * deviation)
            #expect(abs(estimate.bound - truth) < 4.5 * deviation + 1e-5, "image \(image)")
        }
        // χ² of 70 degrees of freedom: 36…115 but for one run in a thousand on either side.
        #expect(squares > 36 && squares < 115, "\(squares)")
    }
}
