import VAE

@testable import VAETraining

/// A small model with random weights, and images for it.
struct EvaluationFixture {
    let data: DatasetPair
    let checkpoint: Checkpoint

    /// 70 and 130 images of 4 × 4 pixels with labels 0…2, more than one block of either; `change` may alter the model.
    init(
        latent: Int = 3, labels: Bool = false, factors: Bool = false,
        _ change: (inout ModelConfiguration) -> Void = { _ in }
    ) throws {
        let random = RandomStream(seed: 6, domain: .initialisation)
        func images(_ count: Int, row: UInt32) -> ImageDataset {
            let pixels = random.uniforms(row: row, count: count * 16).map { UInt8(255 * $0) }
            return ImageDataset(
                shape: [1, 4, 4], pixels: pixels, labels: labels ? (0..<count).map { UInt8($0 % 3) } : nil,
                factors: factors
                    ? FactorTable(
                        names: ["half", "none"], sizes: [2, 1],
                        values: (0..<2 * count).map { $0 % 2 == 0 ? UInt16(2 * ($0 / 2) / count) : 0 }) : nil)
        }
        data = try DatasetPair(name: "noise", license: nil, train: images(130, row: 0), test: images(70, row: 1))
        var configuration = ModelConfiguration.dense(input: [1, 4, 4], hidden: [7], latent: latent, activation: .tanh)
        change(&configuration)
        let architecture = try VAEArchitecture(configuration)
        let weights = random.uniforms(row: 2, count: architecture.layout.count).map { 1.2 * $0 - 0.6 }
        var training = TrainingRecord()
        training.dataset = "noise"
        checkpoint = Checkpoint(
            architecture: architecture, parameters: FloatBuffer(weights), training: training, license: "MIT")
    }

    /// Everything measured with few samples and components.
    func evaluate(
        threads: Int = 2, _ change: (inout EvaluationSettings) -> Void = { _ in }
    ) throws -> CheckpointEvaluator.Result? {
        var settings = EvaluationSettings(seed: 4)
        settings.samples = 20
        settings.components = 3
        change(&settings)
        return try CheckpointEvaluator(checkpoint, settings: settings, threads: threads).evaluate(data)
    }
}
