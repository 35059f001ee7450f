import Testing

@testable import VAE

/// Files cut, overwritten or never files at all: an error with words, never a crash.
@Suite struct DamagedFileTests {
    /// Loads `path` as the server would. Returns the refusal, or nil for a model that works.
    private func load(_ path: String, runUnless unchanged: ModelConfiguration) throws -> CheckpointError? {
        let checkpoint: Checkpoint
        do { checkpoint = try Checkpoint(path: path) } catch { return error }
        // Only a configuration that was changed can be an architecture never tried before.
        guard checkpoint.architecture.configuration != unchanged else { return nil }
        KernelThread.begin()
        let architecture = checkpoint.architecture
        do throws(ModelError) {
            let session = try VAESession(VAEModel(architecture, parameters: checkpoint.parameters))
            let (x, z) = (FloatBuffer(count: architecture.inputCount), FloatBuffer(count: 3 * architecture.latent))
            try unsafe session.encode(
                rows: 1, x: x.base, mu: z.base, logVariance: z.base + architecture.latent,
                sigma: z.base + 2 * architecture.latent)
            try unsafe session.decode(rows: 1, z: z.base, into: x.base)
            #expect(x.isFinite && z.isFinite)
        } catch { #expect(!error.detail.isEmpty) }
        return nil
    }

    private static let original = "pytorch_log_sigma.safetensors"

    private func configuration() throws -> ModelConfiguration {
        try Checkpoint(path: CommittedFile.path(Self.original)).architecture.configuration
    }

    /// Numbers below `limit` that are the same in every run.
    private func numbers(_ count: Int, below limit: Int, row: UInt32) -> [Int] {
        RandomStream(seed: 2024, domain: .dataset).uniforms(row: row, count: count).map { Int($0 * Float(limit)) }
    }

    @Test func cutAnywhereIsRefused() throws {
        let bytes = try CommittedFile.bytes(Self.original)
        let directory = try ScratchDirectory()
        let places = Array(0..<20) + [bytes.count - 4, bytes.count - 1] + numbers(200, below: bytes.count, row: 0)
        for place in places {
            let path = try directory.write(Array(bytes[..<place]))
            let error = #expect(throws: CheckpointError.self, "cut at \(place)") { try Checkpoint(path: path) }
            guard case .format(let detail) = error else {
                Issue.record("cut at \(place): \(String(describing: error))")
                continue
            }
            #expect(detail.contains { $0.isNumber }, "expected and found, in bytes: \(detail)")
        }
    }

    @Test func bytesBehindTheEndAreRefused() throws {
        let directory = try ScratchDirectory()
        let path = try directory.write(CommittedFile.bytes(Self.original) + [0])
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
        #expect(error?.description.contains("bytes") == true)
    }

    /// One byte of the header, or of its length, overwritten: half the time one bit, half the time anything.
    @Test(arguments: 0..<8) func overwrittenHeaderNeverCrashes(part: Int) throws {
        let bytes = try CommittedFile.bytes(Self.original)
        let configuration = try configuration()
        let headerEnd = 8 + (0..<8).reduce(0) { $0 | Int(bytes[$1]) << ($1 * 8) }
        let directory = try ScratchDirectory()
        let before = PeakMemory.bytes
        let places = numbers(250, below: headerEnd, row: UInt32(part * 2 + 1))
        let values = numbers(250, below: 512, row: UInt32(part * 2 + 2))
        var refused = 0
        for (place, value) in zip(places, values) {
            var damaged = bytes
            damaged[place] = value < 256 ? UInt8(value) : bytes[place] ^ (1 << UInt8(value % 8))
            let path = try directory.write(damaged)
            guard let error = try load(path, runUnless: configuration) else { continue }
            refused += 1
            #expect(error.description.count > 30 && error.description.count < 1000, "\(error)")
        }
        #expect(refused > 100, "most of a header matters")
        #expect(PeakMemory.bytes - before < PeakMemory.allowance)
    }

    /// Damage to weights cannot be told from other weights, except where the result is no number.
    @Test func overwrittenWeightsLoadOrAreRefused() throws {
        let bytes = try CommittedFile.bytes(Self.original)
        let configuration = try configuration()
        let directory = try ScratchDirectory()
        for place in numbers(100, below: 7000, row: 100) {
            var damaged = bytes
            damaged[bytes.count - 1 - place] = 0xFF
            let path = try directory.write(damaged)
            let error = try load(path, runUnless: configuration)
            if let error { #expect(error.description.contains("finite"), "\(error)") }
        }
    }

    @Test func whatIsNoFileIsRefused() throws {
        let directory = try ScratchDirectory()
        try directory.write([], "empty")
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: directory.file("empty")) }
        #expect(error?.description.contains("at least 8 bytes") == true)
        for (path, words) in [
            (directory.file("missing"), "No such file"), (directory.path, "regular file"),
            ("/dev/null", "regular file"),
            ("", "No such file"), (String(repeating: "a", count: 5000), "too long"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }

    /// Opening a pipe would wait for a writer for ever.
    @Test(.timeLimit(.minutes(1))) func pipeIsRefusedAtOnce() throws {
        let directory = try ScratchDirectory()
        try directory.makePipe("pipe")
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: directory.file("pipe")) }
        #expect(error?.description.contains("regular file") == true)
    }
}
