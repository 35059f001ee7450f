import Glibc
import Testing

@testable import VAE
@testable import VAETraining

/// Value and gradients of the importance-weighted bound against the formulas in double precision, on shared noise.
@Suite struct ImportanceWeightedBoundTests {
    /// A small model, images and noise, and the same numbers in double.
    private struct Problem {
        let architecture: VAEArchitecture
        let reference: ReferenceELBO
        let parameters, x, noise: FloatBuffer
        let rows = 3
        let samples: Int
        let point: [Double]
        let images: [[Double]]
        /// [row][sample][latent]
        let epsilon: [[[Double]]]

        init(samples: Int, head: ModelConfiguration.SigmaHead = .logVariance) throws {
            var configuration = ModelConfiguration.dense(
                input: [1, 3, 3], hidden: [5], latent: 2, activation: .tanh)
            configuration.sigma = head
            architecture = try VAEArchitecture(configuration)
            reference = ReferenceELBO(configuration: configuration, layout: architecture.layout)
            self.samples = samples
            let random = RandomStream(seed: 4, domain: .initialisation)
            parameters = FloatBuffer(random.uniforms(row: 0, count: architecture.layout.count).map { 2 * $0 - 1 })
            x = FloatBuffer(random.uniforms(row: 1, count: rows * 9).map { $0 < 0.4 ? 1 : 0 })
            noise = FloatBuffer(random.uniforms(row: 2, count: rows * samples * 2).map { 4 * $0 - 2 })
            point = parameters.array().map(Double.init)
            let (x, noise) = (x.array().map(Double.init), noise.array().map(Double.init))
            images = (0..<rows).map { Array(x[$0 * 9..<$0 * 9 + 9]) }
            epsilon = (0..<rows).map { row in
                (0..<samples).map { Array(noise[(row * samples + $0) * 2..<(row * samples + $0) * 2 + 2]) }
            }
        }

        func logWeights(_ row: Int, _ point: [Double]) -> [Double] {
            let (mu, logVariance) = reference.posterior(images[row], point)
            return epsilon[row].map { epsilon in
                reference.logWeight(
                    images[row], reference.draw(mu, logVariance, epsilon), mu: mu, logVariance: logVariance, point)
            }
        }

        func normalised(_ row: Int) -> [Double] {
            let weights = logWeights(row, point).map { exp($0) }
            return weights.map { $0 / weights.reduce(0, +) }
        }

        func negativeBound(_ point: [Double]) -> Double {
            (0..<rows).reduce(0) { sum, row in
                let mean = logWeights(row, point).reduce(0) { $0 + exp($1) } / Double(samples)
                return sum - log(mean) / Double(rows)
            }
        }

        /// −Σ c_i·ln w_i with the coefficients and the density q held where they are: its derivative with respect to the
        /// encoder is the estimator's gradient (c = w̃ sticks the landing, c = w̃² is doubly reparameterised).
        func held(_ point: [Double], coefficient: (Double) -> Double) -> Double {
            var sum = 0.0
            for row in 0..<rows {
                let (heldMu, heldLogVariance) = reference.posterior(images[row], self.point)
                let (mu, logVariance) = reference.posterior(images[row], point)
                for (weight, epsilon) in zip(normalised(row), epsilon[row]) {
                    sum -=
                        coefficient(weight)
                        * reference.logWeight(
                            images[row], reference.draw(mu, logVariance, epsilon), mu: heldMu,
                            logVariance: heldLogVariance, self.point)
                }
            }
            return sum / Double(rows)
        }

        func derivative(_ index: Int, of loss: ([Double]) -> Double) -> Double {
            var (above, below) = (point, point)
            above[index] += 1e-6
            below[index] -= 1e-6
            return (loss(above) - loss(below)) / 2e-6
        }

        func run(_ change: (inout ObjectiveSettings) -> Void, epoch: UInt32 = 0) throws -> (
            terms: LossTerms, gradient: FloatBuffer
        ) {
            var settings = ObjectiveSettings()
            settings.kind = .iwae
            settings.samples = samples
            change(&settings)
            return try ObjectiveRun(architecture, settings, rows: rows)
                .valueAndGradient(parameters: parameters, x: x, noise: noise, epoch: epoch)
        }
    }

    @Test(arguments: [1, 2, 7], [ModelConfiguration.SigmaHead.logVariance, .logSigma])
    func theBoundAndItsGradientAreTheFormulas(samples: Int, head: ModelConfiguration.SigmaHead) throws {
        let problem = try Problem(samples: samples, head: head)
        let (terms, gradient) = try problem.run { _ in }
        #expect(abs(terms.meanObjective - problem.negativeBound(problem.point)) < 1e-5)
        for index in 0..<gradient.count {
            let expected = problem.derivative(index, of: problem.negativeBound)
            #expect(
                abs(Double(gradient[index]) - expected) < 2e-5 * max(1, abs(expected)),
                "parameter \(index): \(gradient[index]), by differences \(expected)")
        }
    }

    @Test(arguments: [ImportanceWeights.Gradient.stl, .dreg])
    func otherGradientsOfTheEncoderAreTheirFormulas(_ gradient: ImportanceWeights.Gradient) throws {
        let problem = try Problem(samples: 6)
        let (_, found) = try problem.run { $0.gradient = gradient }
        let decoder = problem.architecture.decoderParameters
        for index in 0..<found.count {
            let expected =
                decoder.contains(index)
                ? problem.derivative(index, of: problem.negativeBound)
                : problem.derivative(index) { problem.held($0) { gradient == .stl ? $0 : $0 * $0 } }
            #expect(
                abs(Double(found[index]) - expected) < 2e-5 * max(1, abs(expected)),
                "parameter \(index): \(found[index]), by differences \(expected)")
        }
    }

    /// With a cutoff the gradient is another every time, and right on average.
    @Test(arguments: ImportanceWeights.Gradient.allCases)
    func aCutoffIsRightOnAverage(_ gradient: ImportanceWeights.Gradient) throws {
        let problem = try Problem(samples: 7)
        let exact = try problem.run { $0.gradient = gradient }.gradient
        let rounds = 3000
        var sum = [Double](repeating: 0, count: exact.count)
        var squares = sum
        for round in 0..<rounds {
            let estimate = try problem.run(
                {
                    $0.gradient = gradient
                    $0.importanceCutoff = 0.3
                }, epoch: UInt32(round)
            ).gradient
            for index in sum.indices {
                let value = Double(estimate[index])
                sum[index] += value
                squares[index] += value * value
            }
        }
        var moved = 0
        for index in sum.indices {
            let mean = sum[index] / Double(rounds)
            let variance = max(0, squares[index] / Double(rounds) - mean * mean)
            if variance > 1e-8 { moved += 1 }
            // Five standard errors for any of some hundred parameters.
            #expect(
                abs(mean - Double(exact[index])) < 5 * (variance / Double(rounds)).squareRoot() + 1e-5,
                "parameter \(index): \(mean) on average, \(exact[index]) exactly")
        }
        #expect(moved > sum.count / 2)
    }
}
