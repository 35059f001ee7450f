import Testing

@testable import VAE

/// What the trainer writes is what the server reads, byte for byte the same every time.
@Suite struct CheckpointRoundTripTests {
    private static func checkpoint() throws -> Checkpoint {
        var configuration = ModelConfiguration.dense(
            input: [3, 4, 5], hidden: [7, 6], latent: 3, activation: .leakyReLU(slope: 0.3))
        configuration.sigma = .logSigma
        configuration.logVarianceClamp = [-7.5, 2.25]
        let architecture = try VAEArchitecture(configuration)
        var training = TrainingRecord()
        training.dataset = "Zahlen „28×28“ \\ \"quoted\"\n"
        training.seed = .max
        training.epochs = 10
        training.learningRate = 0.001
        training.test = TrainingRecord.Terms(reconstruction: 79.2, kl: 25.3)
        training.perDimensionKL = [0, 1.5, 0.1]
        return Checkpoint(
            architecture: architecture, parameters: .noise(architecture.layout.count, seed: 1), training: training,
            license: "MIT")
    }

    @Test func everythingComesBack() throws {
        let written = try Self.checkpoint()
        let directory = try ScratchDirectory()
        try written.write(to: directory.file("model.safetensors"))
        let read = try Checkpoint(path: directory.file("model.safetensors"))
        #expect(read.architecture.configuration == written.architecture.configuration)
        #expect(read.parameters.count == written.parameters.count)
        #expect(read.parameters.hasSameBits(as: written.parameters, count: written.parameters.count))
        #expect(read.training == written.training)
        #expect(read.license == "MIT")
    }

    @Test func equalModelsMakeEqualFiles() throws {
        let directory = try ScratchDirectory()
        for name in ["one", "two"] { try Self.checkpoint().write(to: directory.file(name)) }
        try Checkpoint(path: directory.file("one")).write(to: directory.file("three"))
        #expect(try directory.bytes("one") == directory.bytes("two"))
        #expect(try directory.bytes("one") == directory.bytes("three"))
    }

    /// What other readers rely on: the length, the brace, an aligned data section, tensors in state_dict layout.
    @Test func headerFollowsTheFormat() throws {
        let written = try Self.checkpoint()
        let directory = try ScratchDirectory()
        try written.write(to: directory.file("model.safetensors"))
        let bytes = try directory.bytes("model.safetensors")
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << ($1 * 8) }
        #expect(length % 8 == 0)
        #expect(bytes[8] == UInt8(ascii: "{"))
        #expect(bytes.count == 8 + length + written.parameters.count * 4)
        let file = try SafetensorsFile(path: directory.file("model.safetensors"))
        #expect(file.metadata["format"] == "vae-checkpoint")
        #expect(file.metadata["version"] == "1")
        #expect(file.tensors["encoder.0.weight"]?.shape == [7, 60])
        #expect(file.tensors["mu.weight"]?.shape == [3, 6])
        #expect(file.tensors["sigma.bias"]?.shape == [3])
        #expect(file.tensors["decoder.4.bias"]?.shape == [60])
        #expect(file.tensors.count == 14)
    }

    /// The heads are two tensors in the file and one layer here.
    @Test func headsKeepTheirNames() throws {
        let written = try Self.checkpoint()
        let directory = try ScratchDirectory()
        try written.write(to: directory.file("model.safetensors"))
        let file = try SafetensorsFile(path: directory.file("model.safetensors"))
        for entry in written.architecture.layout.entries {
            let copy = FloatBuffer(count: entry.count)
            try unsafe file.copyFloats(entry.name, shape: entry.shape, to: copy.base)
            #expect(copy.hasSameBits(as: written.parameters, otherStart: entry.offset, count: entry.count))
        }
        let offset = written.architecture.headOffset
        let names = ["mu.weight", "sigma.weight", "mu.bias", "sigma.bias"]
        let offsets = [0, 18, 36, 39].map { $0 + offset }
        for (name, expected) in zip(names, offsets) {
            #expect(written.architecture.layout.entries.first { $0.name == name }?.offset == expected)
        }
    }

    @Test func extraTensorsCanBeAllowed() throws {
        let written = try Self.checkpoint()
        let directory = try ScratchDirectory()
        let extra = SafetensorsWriter.Tensor(name: "optimizer.step", shape: [2], buffer: FloatBuffer([1, 2]))
        try SafetensorsWriter.write(
            written.tensors + [extra], metadata: written.metadata(), to: directory.file("model.safetensors"))
        let file = try SafetensorsFile(path: directory.file("model.safetensors"))
        #expect(throws: Never.self) { try Checkpoint(file, ignoringPrefix: "optimizer.") }
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(file) }
        #expect(error?.description.contains("optimizer.step") == true)
        #expect(throws: CheckpointError.self) { try Checkpoint(file, ignoringPrefix: "adam.") }
    }
}
