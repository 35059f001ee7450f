import Testing
@testable import VAE

@testable import VAETraining

/// The gradient of the whole −ELBO against central differences of a double-precision reference.
@Suite struct ELBOGradientTests {
    static let activations: [Activation] = [.relu, .tanh, .sigmoid, .leakyReLU(slope: 0.1), .silu]

    @Test(arguments: activations, [ModelConfiguration.SigmaHead.logVariance, .logSigma])
    func agreesWithFiniteDifferences(activation: Activation, head: ModelConfiguration.SigmaHead) throws {
        try check(
            .dense(input: [1, 3, 3], hidden: [6, 5], latent: 2, activation: activation), head, clamp: [-10, 10])
    }

    /// Half of the log-variances lie outside so narrow a clamp: their gradient is zero.
    @Test(arguments: [ModelConfiguration.SigmaHead.logVariance, .logSigma])
    func isZeroOutsideTheClamp(head: ModelConfiguration.SigmaHead) throws {
        try check(.dense(input: [1, 3, 3], hidden: [5], latent: 3, activation: .tanh), head, clamp: [-0.2, 0.2])
    }

    @Test func worksWithoutHiddenLayers() throws {
        try check(.dense(input: [1, 2, 2], hidden: [], latent: 2), .logVariance, clamp: [-10, 10])
    }

    private func check(
        _ base: ModelConfiguration, _ head: ModelConfiguration.SigmaHead, clamp: [Float]
    ) throws {
        var configuration = base
        configuration.sigma = head
        configuration.logVarianceClamp = clamp
        let architecture = try VAEArchitecture(configuration)
        let layout = architecture.layout
        let rows = 4
        let random = RandomStream(seed: 3, domain: .initialisation)
        let parameters = FloatBuffer(random.uniforms(row: 0, count: layout.count).map { 1.6 * $0 - 0.8 })
        let x = FloatBuffer(random.uniforms(row: 1, count: rows * architecture.inputCount))
        let noise = FloatBuffer(random.uniforms(row: 2, count: rows * architecture.latent).map { 3 * $0 - 1.5 })

        let (terms, gradient) = try ObjectiveRun(architecture, ObjectiveSettings(), rows: rows)
            .valueAndGradient(parameters: parameters, x: x, noise: noise)

        func split(_ buffer: FloatBuffer, _ width: Int) -> [[Double]] {
            (0..<rows).map { row in buffer.array(row * width..<(row + 1) * width).map(Double.init) }
        }
        let reference = ReferenceELBO(configuration: configuration, layout: layout)
        let images = split(x, architecture.inputCount)
        let epsilon = split(noise, architecture.latent)
        var point = parameters.array().map(Double.init)
        let expected = reference.terms(parameters: point, x: images, noise: epsilon)
        #expect(abs(terms.means.reconstruction - expected.reconstruction) < 1e-5 * expected.reconstruction)
        #expect(abs(terms.means.kl - expected.kl) < 1e-5 * max(expected.kl, 1))

        let step = 1e-6
        for index in 0..<layout.count {
            func loss(_ offset: Double) -> Double {
                let old = point[index]
                defer { point[index] = old }
                point[index] += offset
                let terms = reference.terms(parameters: point, x: images, noise: epsilon)
                return terms.reconstruction + terms.kl
            }
            let difference = (loss(step) - loss(-step)) / (2 * step)
            let found = Double(gradient[index])
            #expect(
                abs(found - difference) < 2e-5 * max(1, abs(difference)),
                "parameter \(index): \(found), by differences \(difference)")
        }
    }
}
