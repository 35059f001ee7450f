import Synchronization
import VAE

@testable import VAETraining

/// A run small enough for debug builds: 40 + 10 images of 6 × 6 pixels, 15 steps of which 3 are partial minibatches.
struct SmallRun {
    let scratch = ScratchFolder()
    let data: DatasetPair
    var settings: TrainingSettings

    init(seed: UInt64 = 5, threads: Int = 2) throws {
        func images(_ count: Int, row: UInt32) -> ImageDataset {
            let random = RandomStream(seed: 9, domain: .dataset)
            let pixels = random.uniforms(row: row, count: count * 36).map { UInt8(255 * $0 * $0) }
            return ImageDataset(shape: [1, 6, 6], pixels: pixels)
        }
        data = try DatasetPair(name: "noise", license: nil, train: images(40, row: 0), test: images(10, row: 1))
        settings = TrainingSettings(data: nil, output: scratch.path + "/model.safetensors")
        settings.hidden = [8]
        settings.latent = 3
        settings.epochs = 3
        settings.batchSize = 9
        settings.seed = seed
        settings.threads = threads
    }

    /// Trains to the end and gives the bytes of the checkpoint, with all files removed again.
    func bytes() throws -> [UInt8] {
        let outcome = try Trainer(settings: settings, data: data, observer: QuietObserver()).run { false }
        guard case .completed = outcome else { return [] }
        defer { scratch.clear() }
        return scratch.read("model.safetensors")
    }

    /// Trains until it has been asked `question` times whether to stop: after each of the five steps of an epoch, and
    /// after the epoch.
    func interrupt(at question: Int) throws -> Trainer.Outcome {
        let questions = Counter()
        return try Trainer(settings: settings, data: data, observer: QuietObserver()).run {
            questions.next() >= question
        }
    }

    /// Goes on to the end and gives the bytes.
    func resume() throws -> [UInt8] {
        let run = try InterruptedRun(output: settings.output)
        _ = try Trainer(resuming: run, data: data, observer: QuietObserver()).run { false }
        defer { scratch.clear() }
        return scratch.read("model.safetensors")
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
