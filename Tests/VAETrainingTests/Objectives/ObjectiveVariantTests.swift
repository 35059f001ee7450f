import Glibc
import Testing

@testable import VAE
@testable import VAETraining

/// The variants of the ELBO and the sparse autoencoder: the gradient is the derivative of what they say they minimise.
@Suite struct ObjectiveVariantTests {
    private let rows = 5
    private let x: FloatBuffer
    private let noise: FloatBuffer

    init() {
        let random = RandomStream(seed: 8, domain: .initialisation)
        x = FloatBuffer(random.uniforms(row: 1, count: 5 * 9))
        noise = FloatBuffer(random.uniforms(row: 2, count: 5 * 2).map { 3 * $0 - 1.5 })
    }

    /// Central differences of the objective itself, in steps wide enough for float32.
    private func check(
        _ configuration: ModelConfiguration, _ settings: ObjectiveSettings, epochs: Double = 1e9,
        except: (ParameterLayout.Entry) -> Bool = { _ in false }
    ) throws {
        let architecture = try VAEArchitecture(configuration)
        let values = RandomStream(seed: 8, domain: .initialisation).uniforms(row: 0, count: architecture.layout.count)
        let parameters = FloatBuffer(values.map { 1.6 * $0 - 0.8 })
        let run = try ObjectiveRun(architecture, settings, rows: rows)
        func loss() throws -> Double {
            try run.valueAndGradient(parameters: parameters, x: x, noise: noise, epochs: epochs).terms.meanObjective
        }
        let gradient = try run.valueAndGradient(parameters: parameters, x: x, noise: noise, epochs: epochs).gradient
        for entry in architecture.layout.entries where !except(entry) {
            for index in entry.offset..<entry.offset + entry.count {
                let old = parameters[index]
                parameters[index] = old + 1e-2
                let above = try loss()
                parameters[index] = old - 1e-2
                let difference = (above - (try loss())) / 2e-2
                parameters[index] = old
                #expect(
                    abs(Double(gradient[index]) - difference) < 5e-3 * max(1, abs(difference)),
                    "\(entry.name)[\(index - entry.offset)]: \(gradient[index]), by differences \(difference)")
            }
        }
    }

    private var dense: ModelConfiguration {
        .dense(input: [1, 3, 3], hidden: [6], latent: 2, activation: .tanh)
    }

    @Test func betaGrowsWithTheEpochs() throws {
        var settings = ObjectiveSettings()
        settings.beta = 4
        settings.betaWarmUp = 10
        #expect(settings.weights(after: 0).beta == 0)
        #expect(settings.weights(after: 2.5).beta == 1)
        #expect(settings.weights(after: 20).beta == 4)
        try check(dense, settings, epochs: 7)
    }

    /// Above the capacity and below it.
    @Test(arguments: [0.01, 50]) func capacity(nats: Double) throws {
        var settings = ObjectiveSettings()
        settings.capacity = nats
        settings.capacityWeight = 3
        try check(dense, settings)
    }

    /// With one of two dimensions under the threshold, both and none.
    @Test(arguments: [0.05, 0.4, 30]) func freeBits(nats: Double) throws {
        var settings = ObjectiveSettings()
        settings.freeBits = nats
        try check(dense, settings)
    }

    @Test func sparseCodes() throws {
        var settings = ObjectiveSettings()
        settings.kind = .autoencoder
        settings.sparsity = 0.1
        settings.sparsityWeight = 2
        var configuration = dense
        configuration.removeHeads(codeActivation: .sigmoid)
        try check(configuration, settings)
    }

    /// The scale is the root of the minibatch's mean squared error, which makes −ln p(x|z) D/2·(1 + ln 2π·MSE).
    @Test func theOptimalScaleIsThatOfTheMinibatch() throws {
        var settings = ObjectiveSettings()
        settings.takesOptimalScale = true
        var configuration = dense
        configuration.likelihood = .gaussian(.learned)
        try check(configuration, settings) { $0.name == LikelihoodScale.tensorName }
    }

    @Test func labelsReachEncoderAndDecoder() throws {
        let images = ImageDataset(
            shape: [1, 3, 3], pixels: x.array().map { UInt8(255 * $0) }, labels: [0, 1, 2, 1, 0])
        let architecture = try VAEArchitecture(
            .dense(input: [1, 3, 3], hidden: [6], latent: 2, activation: .tanh, classes: 3))
        let random = RandomStream(seed: 8, domain: .initialisation)
        let parameters = FloatBuffer(random.uniforms(row: 0, count: architecture.layout.count).map { 1.6 * $0 - 0.8 })
        let worker = try ShareWorker(architecture, maximumRows: rows, objective: ObjectiveSettings())
        func pass() -> LossTerms {
            worker.forward(
                Array(0..<UInt32(rows))[...], next: [], of: images, total: rows, seed: 1, epoch: 0,
                weights: ScheduledWeights(), precision: .f32, parameters: parameters)
            worker.backward(statistics: [])
            return worker.terms
        }
        _ = pass()
        #expect(worker.failure == nil)
        let gradient = FloatBuffer(worker.gradient.array())
        for name in ["encoder.0.weight", "decoder.0.weight"] {
            let entry = try #require(architecture.layout.entries.first { $0.name == name })
            let width = entry.shape.extents[1]
            // The last columns are the labels'.
            for index in stride(from: entry.offset + width - 3, to: entry.offset + entry.count, by: width) {
                for column in index..<index + 3 {
                    let old = parameters[column]
                    parameters[column] = old + 1e-2
                    let above = pass().meanObjective
                    parameters[column] = old - 1e-2
                    let difference = (above - pass().meanObjective) / 2e-2
                    parameters[column] = old
                    #expect(abs(Double(gradient[column]) - difference) < 5e-3 * max(1, abs(difference)), "\(name)")
                }
            }
        }
    }
}
