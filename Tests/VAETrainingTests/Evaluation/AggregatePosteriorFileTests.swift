import Testing

@testable import VAE
@testable import VAETraining

/// What an evaluation adds to a checkpoint comes back, and damage to it is found.
@Suite struct AggregatePosteriorFileTests {
    private let scratch = ScratchFolder()
    private var path: String { scratch.path + "/model.safetensors" }

    private func measured() throws -> Checkpoint {
        let fixture = try EvaluationFixture()
        let result = try #require(try fixture.evaluate())
        var checkpoint = fixture.checkpoint
        checkpoint.evaluation = result.record
        checkpoint.aggregate = result.aggregate
        return checkpoint
    }

    @Test func everythingComesBack() throws {
        let written = try measured()
        try written.write(to: path)
        let read = try Checkpoint(path: path)
        #expect(read.evaluation == written.evaluation)
        #expect(read.aggregate == written.aggregate)
        #expect(read.parameters.hasSameBits(as: written.parameters))
        #expect(read.aggregate?.mixture?.latent == 3)
        try read.write(to: path + ".again")
        #expect(scratch.read("model.safetensors") == scratch.read("model.safetensors.again"))
    }

    @Test func filesWithoutAnEvaluationHaveNone() throws {
        try EvaluationFixture().checkpoint.write(to: path)
        let read = try Checkpoint(path: path)
        #expect(read.evaluation == nil && read.aggregate == nil)
    }

    /// What other programs put beside our metadata is not ours to throw away.
    @Test func othersMetadataIsKept() throws {
        let checkpoint = try EvaluationFixture().checkpoint
        var metadata = try checkpoint.metadata()
        metadata["author"] = "somebody"
        metadata["training"] = #"{"dataset":"noise","optimiser":"theirs"}"#
        try SafetensorsWriter.write(checkpoint.tensors, metadata: metadata, to: path)
        var read = try Checkpoint(path: path)
        read.evaluation = EvaluationRecord()
        try read.write(to: path)
        let found = try SafetensorsFile(path: path).metadata
        #expect(found["author"] == "somebody" && found["training"] == metadata["training"])
        #expect(found["evaluation"] == "{}")
    }

    /// Every number is finite, every shape fits, Cholesky factors are what they say, and no part is missing.
    @Test(arguments: [
        ("aggregate.mean", [3], [Float.nan, 0, 0], "finite"),
        ("aggregate.mean", [2], [0, 0], "[3]"),
        ("aggregate.covariance", [3, 3], [1, 0, 0, 0, -1, 0, 0, 0, 1], "variance 1"),
        ("aggregate.covariance", [9], [1, 0, 0, 0, 1, 0, 0, 0, 1], "[3, 3]"),
        ("aggregate.mixture.weights", [2], [0.5, 0.5], "[2, 3]"),
        ("aggregate.mixture.weights", [3], [0.5, 0.6, 0.5], "add up to 1"),
        ("aggregate.mixture.weights", [3], [-0.5, 1, 0.5], "weight 0"),
        ("aggregate.mixture.weights", [0], [], "[K]"),
        ("aggregate.mixture.cholesky", [3, 3, 3], [Float](repeating: 0, count: 27), "positive diagonal"),
        ("aggregate.mixture.cholesky", [3, 3, 3], [Float](repeating: 1, count: 27), "lower triangular"),
        ("aggregate.image", [1, 4, 4], [Float](repeating: .infinity, count: 16), "finite"),
        ("aggregate.mixture.means", [], [], "aggregate.mixture.means"),
        ("aggregate.mean", [], [], "aggregate.mean"),
        ("aggregate.skewness", [1], [1], "aggregate.skewness"),
    ]) func damageIsFound(name: String, shape: [Int], values: [Float], words: String) throws {
        let checkpoint = try measured()
        // An empty shape stands for a tensor that is missing.
        var tensors = checkpoint.tensors.filter { $0.name != name }
        if !shape.isEmpty {
            tensors.append(.init(name: name, shape: shape, buffer: FloatBuffer(values)))
        }
        try SafetensorsWriter.write(tensors, metadata: checkpoint.metadata(), to: path)
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func damagedRecordsAreFound() throws {
        let checkpoint = try measured()
        var metadata = try checkpoint.metadata()
        metadata["evaluation"] = #"{"images":"many"}"#
        try SafetensorsWriter.write(checkpoint.tensors, metadata: metadata, to: path)
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
        #expect(error?.description.contains("evaluation") == true && error?.description.contains("images") == true)
    }

    @Test func aFileThatChangedIsLeftAlone() throws {
        try EvaluationFixture().checkpoint.write(to: path)
        var file = try CheckpointFile(path: path)
        try measured().write(to: path)
        let other = scratch.read("model.safetensors")
        file.checkpoint.license = "none"
        #expect(throws: TrainingError.self) { try file.write() }
        #expect(scratch.read("model.safetensors") == other)
    }
}
