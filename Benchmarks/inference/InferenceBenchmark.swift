import ArgumentParser
import VAE

/// Measures encode and decode of a checkpoint on one thread, without a server around it.
@main
struct InferenceBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vae-inference-benchmark",
        abstract: "Rows per second of a checkpoint's encoder and decoder, on one thread.",
        discussion: "Prints one line for each direction and batch size: direction, batch size, rows per second."
    )

    @Argument(help: "A *.safetensors checkpoint.")
    var checkpoint: String

    @Option(help: "Rows at a time; may be repeated.")
    var batch: [Int] = [1, 8, 32, 128]

    @Option(help: "f32 or bf16.", transform: Self.precision)
    var precision = Precision.f32

    @Option(help: "How long to measure each, in seconds.")
    var seconds = 0.3

    @Flag(help: "Print how far bf16 is from f32 instead.")
    var error = false

    private static func precision(_ name: String) throws -> Precision {
        guard let precision = Precision(rawValue: name) else {
            throw ValidationError("expected \(Precision.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        return precision
    }

    func validate() throws {
        guard batch.allSatisfy({ (1...65_536).contains($0) }) else {
            throw ValidationError("--batch should be 1…65536")
        }
        guard seconds > 0, seconds <= 60 else { throw ValidationError("--seconds should be above 0, at most 60") }
    }

    func run() throws {
        KernelThread.begin()
        let checkpoint = try Checkpoint(path: checkpoint)
        if error { return try PrecisionError.report(checkpoint, rows: 1000) }
        let clock = ContinuousClock()
        let start = clock.now
        let model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters, precision: precision)
        let session = try VAESession(model)
        print("prepared in \(Self.seconds(clock.now - start) * 1000) ms")
        for rows in batch {
            print("encode", rows, try encodeRate(session, rows: rows))
            print("decode", rows, try decodeRate(session, rows: rows))
        }
    }

    private func encodeRate(_ session: VAESession, rows: Int) throws -> Int {
        let architecture = session.model.architecture
        let x = FloatBuffer(Self.pixels(count: rows * architecture.inputCount))
        let parts = (0..<3).map { _ in FloatBuffer(count: rows * architecture.latent) }
        return try rate(rows) {
            try unsafe session.encode(
                rows: rows, x: x.base, mu: parts[0].base, logVariance: parts[1].base, sigma: parts[2].base)
        }
    }

    private func decodeRate(_ session: VAESession, rows: Int) throws -> Int {
        let architecture = session.model.architecture
        let z = FloatBuffer(count: rows * architecture.latent)
        unsafe RandomStream(seed: 1, domain: .prior).normals(rows: rows, width: architecture.latent, into: z.base)
        let decoded = FloatBuffer(count: rows * architecture.inputCount)
        return try rate(rows) { try unsafe session.decode(rows: rows, z: z.base, into: decoded.base) }
    }

    /// Rows per second of the fastest of five stretches: what interrupts a stretch is not the model's.
    private func rate(_ rows: Int, _ work: () throws -> Void) throws -> Int {
        let clock = ContinuousClock()
        var best = 0.0
        for _ in 0..<5 {
            var runs = 0
            let start = clock.now
            var elapsed = 0.0
            repeat {
                try work()
                runs += 1
                elapsed = Self.seconds(clock.now - start)
            } while elapsed < seconds / 5
            best = max(best, Double(runs * rows) / elapsed)
        }
        return Int(best)
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    private static func pixels(count: Int) -> [Float] {
        RandomStream(seed: 1, domain: .dataset).uniforms(row: 0, count: count)
    }
}
