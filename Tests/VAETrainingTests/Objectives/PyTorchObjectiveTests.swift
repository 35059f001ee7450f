import Testing

@testable import VAE
@testable import VAETraining

/// −ELBO and importance-weighted bound of every likelihood, and their gradients, as PyTorch computes them in double
/// precision from the same weights, rows and noise (Fixtures/make_elbo.py).
@Suite struct PyTorchObjectiveTests {
    private static let samples = 4
    private static let rows = 6
    private static let likelihoods: [Likelihood] = [
        .bernoulli, .continuousBernoulli, .gaussian(.learned), .discretizedLogistic(.learned), .multinomial,
    ]

    private let file: SafetensorsFile

    init() throws { file = try SafetensorsFile(path: Fixture.path("elbo.safetensors")) }

    private func load(_ name: String, _ shape: Shape) throws -> FloatBuffer {
        let buffer = FloatBuffer(count: shape.elementCount)
        try unsafe file.copyFloats(name, shape: shape, to: buffer.base)
        return buffer
    }

    private func run(
        _ likelihood: Likelihood, _ settings: ObjectiveSettings
    ) throws -> (terms: LossTerms, gradient: FloatBuffer, architecture: VAEArchitecture) {
        var configuration = ModelConfiguration.dense(input: [1, 3, 3], hidden: [7], latent: 3, activation: .tanh)
        configuration.likelihood = likelihood
        let architecture = try VAEArchitecture(configuration)
        let parameters = FloatBuffer(count: architecture.layout.count)
        for entry in architecture.layout.entries {
            let name = entry.name == LikelihoodScale.tensorName ? "log_scale" : "parameters.\(entry.name)"
            try unsafe file.copyFloats(name, shape: entry.shape, to: parameters.base + entry.offset)
        }
        let x = try load(likelihood == .multinomial ? "counts" : "levels", [Self.rows, 9])
        let seen = FloatBuffer(x.array())
        if architecture.normalisesInput { unsafe MatrixRows.normalise(seen.base, rows: Self.rows, width: 9) }
        let all = try load("noise", [Self.rows, Self.samples, 3]).array()
        let noise = FloatBuffer(
            (0..<Self.rows).flatMap { row in all[row * Self.samples * 3..<(row * Self.samples + settings.samples) * 3] }
        )
        let (terms, gradient) = try ObjectiveRun(architecture, settings, rows: Self.rows)
            .valueAndGradient(parameters: parameters, x: x, input: seen, noise: noise)
        return (terms, gradient, architecture)
    }

    private func expect(
        _ gradient: FloatBuffer, of architecture: VAEArchitecture, toBe prefix: String
    ) throws {
        for entry in architecture.layout.entries {
            let expected = try load("\(prefix).\(entry.name)", entry.shape)
            for index in 0..<entry.count {
                let (found, wanted) = (gradient[entry.offset + index], expected[index])
                #expect(abs(found - wanted) < 2e-5 * max(1, abs(wanted)), "\(prefix).\(entry.name)[\(index)]")
            }
        }
    }

    @Test(arguments: likelihoods.indices) func theELBO(index: Int) throws {
        let likelihood = Self.likelihoods[index]
        let (terms, gradient, architecture) = try run(likelihood, ObjectiveSettings())
        let expected = try load("\(likelihood.name).terms", [2])
        #expect(abs(terms.means.reconstruction - Double(expected[0])) < 1e-5 * abs(Double(expected[0])))
        #expect(abs(terms.means.kl - Double(expected[1])) < 1e-5 * abs(Double(expected[1])))
        #expect(abs(terms.meanObjective - terms.means.loss) < 1e-9)
        try expect(gradient, of: architecture, toBe: "\(likelihood.name).elbo")
    }

    @Test(arguments: likelihoods.indices) func theImportanceWeightedBound(index: Int) throws {
        let likelihood = Self.likelihoods[index]
        var settings = ObjectiveSettings()
        settings.kind = .iwae
        settings.samples = Self.samples
        let (terms, gradient, architecture) = try run(likelihood, settings)
        let expected = Double(try load("\(likelihood.name).bound", [1])[0])
        #expect(abs(terms.meanObjective - expected) < 1e-5 * abs(expected))
        try expect(gradient, of: architecture, toBe: "\(likelihood.name).bound")
    }
}
