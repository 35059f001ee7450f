@testable import VAE
@testable import VAETraining

/// An objective over one minibatch, on this thread, as the loop runs it.
struct ObjectiveRun {
    let architecture: VAEArchitecture
    let settings: ObjectiveSettings
    let rows: Int
    private let objective: any Objective

    init(_ architecture: VAEArchitecture, _ settings: ObjectiveSettings, rows: Int) throws {
        KernelThread.begin()
        self.architecture = architecture
        self.settings = settings
        self.rows = rows
        objective = try settings.make(architecture, maximumRows: rows).objective
    }

    func valueAndGradient(
        parameters: FloatBuffer, x: FloatBuffer, input: FloatBuffer? = nil, noise: FloatBuffer, total: Int? = nil,
        epochs: Double = 1e9,
        epoch: UInt32 = 0
    ) throws -> (terms: LossTerms, gradient: FloatBuffer) {
        let share = MinibatchShare(
            rows: rows, total: total ?? rows, target: x, input: input ?? x, noise: noise, parameters: parameters,
            weights: settings.weights(after: epochs), indices: Array(0..<UInt32(rows))[...], seed: 1, epoch: epoch)
        let gradient = FloatBuffer([Float](repeating: .nan, count: architecture.layout.count))
        try objective.forward(share)
        let terms = try unsafe objective.backward(share, statistics: objective.statistics, gradient: gradient.base)
        return (terms, gradient)
    }
}
