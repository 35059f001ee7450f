import Testing

@testable import VAE
@testable import VAETraining

/// Prototypes and directions are the means they say they are, and come back from a file.
@Suite struct LandmarkTests {
    private let scratch = ScratchFolder()
    private var path: String { scratch.path + "/model.safetensors" }

    /// μ of every training image, `[130][3]`, by the model itself.
    private func codes(_ fixture: EvaluationFixture) throws -> [[Double]] {
        let count = fixture.data.train.count
        let (x, rest) = (FloatBuffer(count: count * 16), FloatBuffer(count: count * 3))
        try unsafe fixture.data.train.copy(0..<count, into: x.base)
        let (mu, sigma) = (FloatBuffer(count: count * 3), FloatBuffer(count: count * 3))
        let session = try VAESession(
            VAEModel(fixture.checkpoint.architecture, parameters: fixture.checkpoint.parameters))
        try unsafe session.encode(
            rows: count, x: x.base, mu: mu.base, logVariance: rest.base, sigma: sigma.base)
        return (0..<count).map { row in (0..<3).map { Double(mu[row * 3 + $0]) } }
    }

    private func mean(_ codes: [[Double]]) -> [Double] {
        (0..<3).map { dimension in codes.reduce(0) { $0 + $1[dimension] } / Double(codes.count) }
    }

    private func expectClose(_ found: [Float]?, _ expected: [Double], _ what: String) throws {
        for (found, expected) in zip(try #require(found), expected) {
            #expect(abs(Double(found) - expected) < 1e-6, "\(what)")
        }
    }

    @Test func classesHaveTheMeansOfTheirImages() throws {
        let fixture = try EvaluationFixture(labels: true)
        let landmarks = try #require(try fixture.evaluate { $0.classNames = ["a", "b", "c", "d"] }?.landmarks)
        #expect(landmarks.prototypes.map(\.name) == ["a", "b", "c"], "there is no image of class d")
        #expect(landmarks.directions.map(\.name) == ["a", "b", "c"])
        let codes = try codes(fixture)
        for label in 0..<3 {
            let inside = mean(codes.indices.filter { $0 % 3 == label }.map { codes[$0] })
            let outside = mean(codes.indices.filter { $0 % 3 != label }.map { codes[$0] })
            try expectClose(landmarks.prototypes[label].vector, inside, "prototype \(label)")
            try expectClose(landmarks.directions[label].vector, zip(inside, outside).map(-), "direction \(label)")
        }
        #expect(landmarks.direction(named: "b") == landmarks.directions[1])
        #expect(landmarks.direction(named: "z") == nil)
    }

    @Test func factorsHaveADirectionFromTheirLowerHalfToTheirUpper() throws {
        let fixture = try EvaluationFixture(factors: true)
        let landmarks = try #require(try fixture.evaluate()?.landmarks)
        // The other factor has one value, and so no direction.
        #expect(landmarks.prototypes.isEmpty && landmarks.directions.map(\.name) == ["half"])
        let codes = try codes(fixture)
        let (lower, upper) = (mean(Array(codes[..<65])), mean(Array(codes[65...])))
        try expectClose(landmarks.directions.first?.vector, zip(upper, lower).map(-), "half")
    }

    @Test func classesWithoutNamesAreNumbersAndDataWithoutLabelsHaveNone() throws {
        let landmarks = try #require(try EvaluationFixture(labels: true).evaluate()?.landmarks)
        #expect(landmarks.prototypes.map(\.name) == ["0", "1", "2"])
        #expect(try EvaluationFixture().evaluate()?.landmarks == nil)
    }

    @Test(arguments: [["a", "b"], ["a", "", "c"], ["a", "b", "a"], ["a", "b\n", "c"]])
    func unfitNamesAreRefused(names: [String]) throws {
        let fixture = try EvaluationFixture(labels: true)
        #expect(throws: TrainingError.self) { try fixture.evaluate { $0.classNames = names } }
    }

    @Test func recognisedDataHaveNames() throws {
        #expect(try ProceduralShapes.pair().classNames == ["square", "ellipse", "triangle"])
        var settings = DataSettings()
        settings.source = "shapes:28"
        #expect(try DataSource.open(settings).classNames?.count == 3)
    }

    private func measured() throws -> Checkpoint {
        let fixture = try EvaluationFixture(labels: true, factors: true)
        var checkpoint = fixture.checkpoint
        checkpoint.landmarks = try #require(try fixture.evaluate()).landmarks
        return checkpoint
    }

    @Test func everythingComesBack() throws {
        let written = try measured()
        try written.write(to: path)
        let read = try Checkpoint(path: path)
        #expect(read.landmarks == written.landmarks && read.landmarks?.directions.count == 4)
        try read.write(to: path + ".again")
        #expect(scratch.read("model.safetensors") == scratch.read("model.safetensors.again"))
        var without = read
        without.landmarks = nil
        try without.write(to: path)
        #expect(try Checkpoint(path: path).landmarks == nil)
        #expect(try SafetensorsFile(path: path).metadata["landmarks"] == nil)
    }

    /// As many vectors as names, all fit, all finite.
    @Test(arguments: [
        (#"{"prototypes":["0","1","2"],"directions":["0","1","2"]}"#, "[3, 3]"),
        (#"{"prototypes":["0","1"],"directions":["0","1","2","half"]}"#, "[2, 3]"),
        (#"{"prototypes":["0","1","1"],"directions":["0","1","2","half"]}"#, "\"1\" is there again"),
        (#"{"prototypes":["0","1",""],"directions":["0","1","2","half"]}"#, "0 bytes"),
        (#"{"prototypes":["0","1","2"],"directions":["0","1","2","\u0007"]}"#, "control"),
        (#"{"directions":["0","1","2","half"]}"#, "names"),
        (#"{"prototypes":7}"#, "prototypes"),
        ("{", "landmarks"),
        ("", "\"landmarks\" is missing"),
    ]) func damagedNamesAreFound(json: String, words: String) throws {
        let checkpoint = try measured()
        var metadata = try checkpoint.metadata()
        metadata["landmarks"] = json.isEmpty ? nil : json
        try SafetensorsWriter.write(checkpoint.tensors, metadata: metadata, to: path)
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("landmarks.prototypes", [3, 3], [Float](repeating: .nan, count: 9), "finite"),
        ("landmarks.directions", [12], [Float](repeating: 0, count: 12), "[4, 3]"),
        ("landmarks.directions", [], [], "landmarks.directions"),
        ("landmarks.others", [1], [0], "landmarks.others"),
    ]) func damagedTensorsAreFound(name: String, shape: [Int], values: [Float], words: String) throws {
        let checkpoint = try measured()
        var tensors = checkpoint.tensors.filter { $0.name != name }
        if !shape.isEmpty { tensors.append(.init(name: name, shape: shape, buffer: FloatBuffer(values))) }
        try SafetensorsWriter.write(tensors, metadata: checkpoint.metadata(), to: path)
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
