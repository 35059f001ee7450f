import Testing
import VAE

@testable import VAETraining

/// The forward pass that an import ends with.
@Suite struct ForwardCheckTests {
    private let folder = ScratchFolder()

    private static func checkpoint(_ configuration: ModelConfiguration) throws -> Checkpoint {
        let architecture = try VAEArchitecture(configuration)
        let random = RandomStream(seed: 1, domain: .initialisation)
        let parameters = FloatBuffer(random.uniforms(row: 0, count: architecture.layout.count).map { $0 - 0.5 })
        return Checkpoint(
            architecture: architecture, parameters: parameters, training: TrainingRecord(), license: nil)
    }

    private static let plain = ModelConfiguration.dense(input: [1, 2, 3], hidden: [5], latent: 2, activation: .tanh)
    private static let conditional = ModelConfiguration.dense(
        input: [1, 2, 3], hidden: [5], latent: 2, activation: .tanh, classes: 3)

    private func write(_ tensors: [(name: String, shape: [Int], values: [Float])]) throws -> String {
        let path = "\(folder.path)/reference.safetensors"
        let tensors = tensors.map {
            SafetensorsWriter.Tensor(name: $0.name, shape: $0.shape, buffer: FloatBuffer($0.values))
        }
        try SafetensorsWriter.write(tensors, metadata: [:], to: path)
        return path
    }

    /// −ELBO's inputs by the training network, which is other code than the one that is checked.
    private static func outputs(_ checkpoint: Checkpoint, x: [Float], rows: Int) throws -> (
        mu: [Float], decoded: [Float]
    ) {
        KernelThread.begin()
        let architecture = checkpoint.architecture
        let vae = try TrainableVAE(architecture, maximumRows: rows)
        let (input, noise) = (FloatBuffer(x), FloatBuffer(count: rows * architecture.latent))
        let decoded = try unsafe vae.forward(
            rows: rows, x: input.base, noise: noise.base, parameters: checkpoint.parameters.base)
        return unsafe (
            vae.mu.array(), Array(UnsafeBufferPointer(start: decoded, count: rows * architecture.inputCount))
        )
    }

    private func refusal(_ checkpoint: Checkpoint, example: String? = nil, expected: String?) -> String {
        let error = #expect(throws: TrainingError.self) {
            try ForwardCheck(checkpoint, example: example, expected: expected, tolerance: 1e-4)
        }
        return error?.description ?? ""
    }

    private static let x = (0..<18).map { Float($0) / 18 }

    @Test(arguments: [[3, 6], [3, 1, 2, 3]]) func agreesWithTheTrainingNetwork(shape: [Int]) throws {
        let checkpoint = try Self.checkpoint(Self.plain)
        let (mu, decoded) = try Self.outputs(checkpoint, x: Self.x, rows: 3)
        let path = try write([("x", shape, Self.x), ("mu", [3, 2], mu), ("decoded", shape, decoded)])
        let check = try ForwardCheck(checkpoint, example: nil, expected: path, tolerance: 1e-4)
        #expect(check.rows == 3 && check.differences.map(\.name) == ["mu", "decoded"])
        #expect(check.differences.allSatisfy { $0.difference < 1e-5 })
    }

    @Test func aDifferenceIsNamed() throws {
        let checkpoint = try Self.checkpoint(Self.plain)
        var (mu, _) = try Self.outputs(checkpoint, x: Self.x, rows: 3)
        mu[5] += 0.01
        let message = refusal(checkpoint, expected: try write([("x", [3, 6], Self.x), ("mu", [3, 2], mu)]))
        for part in ["mu", "row 2, number 1", "\(mu[5])", "--tolerance 0.0001"] {
            #expect(message.contains(part), "\(message)")
        }
    }

    @Test func withoutReferenceTheNumbersMustBeFinite() throws {
        let checkpoint = try Self.checkpoint(Self.plain)
        #expect(try ForwardCheck(checkpoint, example: nil, expected: nil, tolerance: 1e-4).rows == 4)
        // On noise the features are small; on these images they are 1, and μ five times 1e38.
        for entry in checkpoint.architecture.layout.entries {
            let value: Float? = entry.name == "encoder.0.weight" ? 1e-4 : entry.name == "mu.weight" ? 1e38 : nil
            for index in entry.offset..<entry.offset + entry.count {
                checkpoint.parameters[index] = value ?? checkpoint.parameters[index]
                if entry.name == "encoder.0.bias" { checkpoint.parameters[index] = 0 }
            }
        }
        #expect(try ForwardCheck(checkpoint, example: nil, expected: nil, tolerance: 1e-4).rows == 4)
        let example = try write([("x", [2, 6], [Float](repeating: 1e6, count: 12))])
        let message = refusal(checkpoint, example: example, expected: nil)
        #expect(message.contains("2 images") && message.contains("μ should be finite"), "\(message)")
    }

    @Test func aConditionalModelTakesItsLabel() throws {
        let checkpoint = try Self.checkpoint(Self.conditional)
        let label: [Float] = [1, 0, 0, 0, 0, 1]
        let x = Array(Self.x.prefix(12))
        let session = try VAESession(VAEModel(checkpoint.architecture, parameters: checkpoint.parameters))
        let input = FloatBuffer(x[..<6] + label[..<3] + x[6...] + label[3...])
        let (mu, logVariance, sigma) = (FloatBuffer(count: 4), FloatBuffer(count: 4), FloatBuffer(count: 4))
        try unsafe session.encode(rows: 2, x: input.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        let codes = FloatBuffer(mu.array(0..<2) + label[..<3] + mu.array(2..<4) + label[3...])
        let decoded = FloatBuffer(count: 12)
        try unsafe session.decode(rows: 2, z: codes.base, into: decoded.base)
        let tensors = [
            ("x", [2, 6], x), ("label", [2, 3], label), ("mu", [2, 2], mu.array()),
            ("decoded", [2, 6], decoded.array()),
        ]
        let check = try ForwardCheck(checkpoint, example: nil, expected: try write(tensors), tolerance: 1e-6)
        #expect(check.differences.map(\.difference) == [0, 0])
        #expect(refusal(checkpoint, expected: try write(Array(tensors.dropLast(3)) + [tensors[2]])).contains("label"))
        #expect(try ForwardCheck(checkpoint, example: nil, expected: nil, tolerance: 1e-4).rows == 4)
    }

    @Test func wrongReferencesAreExplained() throws {
        let checkpoint = try Self.checkpoint(Self.plain)
        func message(_ tensors: [(String, [Int], [Float])]) throws -> String {
            refusal(checkpoint, expected: try write(tensors))
        }
        let mu = ("mu", [3, 2], [Float](repeating: 0, count: 6))
        #expect(try message([mu]).contains("\"x\" is missing"))
        #expect(try message([("x", [3, 5], Array(Self.x.prefix(15))), mu]).contains("should be [3, 6]; it is [3, 5]"))
        #expect(try message([("x", [18], Self.x), mu]).contains("rows"))
        #expect(try message([("x", [0, 6], []), mu]).contains("1…1024 rows"))
        #expect(try message([("x", [3, 6], Self.x)]).contains("mu, sigma, decoded"))
        #expect(try message([("x", [3, 6], Self.x), mu, ("logits", [3], [0, 0, 0])]).contains("logits"))
        #expect(
            try message([("x", [3, 6], Self.x), ("mu", [2, 3], mu.2)]).contains("should be [3, 2]; it is [2, 3]"))
        let notANumber = ("mu", [3, 2], [Float](repeating: .nan, count: 6))
        #expect(try message([("x", [3, 6], Self.x), notANumber]).contains("element 0, is nan"))
    }
}
