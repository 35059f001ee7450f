internal import VAE

/// One thread's part of every minibatch and of every evaluation: its own activations, noise and gradient.
/// `@unchecked Sendable` because only the thread of its index touches it, except between two barriers of the team, when
/// that thread does not.
@safe final class ShareWorker: @unchecked Sendable {
    /// This thread's share of the gradient; an arena like the parameters.
    let gradient: FloatBuffer
    /// Of the last share.
    private(set) var terms = LossTerms()
    /// Of the last evaluation: the KL of each latent dimension, summed over the images.
    private(set) var perDimensionKL: [Double] = []
    /// Of the last evaluation.
    private(set) var errors = PredictionErrors()
    /// Why the last share could not be computed.
    private(set) var failure: TrainingError?
    /// Of this thread's range of the gradient of the whole minibatch: the sum of the squares.
    var squaredNorm = 0.0
    /// What the objective must know of the whole minibatch; see `Objective`.
    var statistics: [Double] { objective.statistics }
    /// The same of every share; see `Objective`.
    var optimalLogScale: Float? { objective.optimalLogScale }
    var needsStatistics: Bool { objective.statisticsCount > 0 }

    private let objective: any Objective
    private let vae: TrainableVAE
    private let losses: RowLosses
    private let reader: MinibatchReader
    private let architecture: VAEArchitecture
    private let maximumRows: Int
    private let settings: ObjectiveSettings
    private var share: MinibatchShare?

    init(
        _ architecture: VAEArchitecture, maximumRows: Int, objective settings: ObjectiveSettings,
        augmentation: Augmentation = .none
    ) throws(ModelError) {
        self.architecture = architecture
        self.maximumRows = maximumRows
        self.settings = settings
        (vae, objective) = try settings.make(architecture, maximumRows: maximumRows)
        losses = RowLosses(vae, maximumRows: maximumRows)
        gradient = FloatBuffer(count: architecture.layout.count)
        reader = MinibatchReader(
            vae, settings: settings, augmentation: augmentation, maximumRows: maximumRows)
    }

    /// Forward in `precision` over the images `indices`, of a minibatch of `total`, before those of `next`; fills `statistics` and `failure`.
    /// What is random about an image depends on seed, epoch and its number only, so the shares do not matter.
    func forward(
        _ indices: ArraySlice<UInt32>, next: ArraySlice<UInt32>, of dataset: any Dataset, total: Int, seed: UInt64,
        epoch: UInt32, weights: ScheduledWeights, precision: Precision, parameters: FloatBuffer
    ) {
        vae.precision = precision
        let share = MinibatchShare(
            rows: indices.count, total: total, target: reader.target, input: reader.input, noise: reader.noise,
            parameters: parameters, weights: weights, indices: indices, seed: seed, epoch: epoch)
        self.share = share
        failure = nil
        do throws(TrainingError) {
            try reader.read(
                indices, next: next, of: dataset, samples: objective.samples, seed: seed, draw: epoch)
            try run { () throws(ModelError) in try objective.forward(share) }
        } catch { failure = error }
    }

    /// Backward over the same images; fills `gradient`, `terms` and `failure`.
    func backward(statistics: [Double]) {
        guard failure == nil, let share else { return }
        do throws(TrainingError) {
            terms = try run { () throws(ModelError) in
                try unsafe objective.backward(share, statistics: statistics, gradient: gradient.base)
            }
        } catch { failure = error }
    }

    /// Forward in float32, as a server computes, over the images `range`, with one draw of z each; fills `terms`, `perDimensionKL` and `failure`.
    func evaluate(_ range: Range<Int>, of dataset: any Dataset, seed: UInt64, parameters: FloatBuffer) {
        vae.precision = .f32
        terms = LossTerms()
        perDimensionKL = Array(repeating: 0, count: architecture.latent)
        errors = PredictionErrors()
        failure = nil
        do throws(TrainingError) {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: maximumRows) {
                let rows = min(maximumRows, range.upperBound - start)
                let indices = Array(UInt32(start)..<UInt32(start + rows))
                try reader.read(indices[...], of: dataset, samples: 1, seed: seed, draw: Evaluator.draw)
                try run { () throws(ModelError) in try evaluate(rows: rows, parameters: parameters) }
            }
        } catch { failure = error }
    }

    private func evaluate(rows: Int, parameters: FloatBuffer) throws(ModelError) {
        let decoded = try unsafe vae.forward(
            rows: rows, x: reader.input.base, noise: reader.noise.base, samples: 1, parameters: parameters.base)
        unsafe losses.reconstruction(rows: rows, decoded: decoded, x: reader.target.base, parameters: parameters.base)
        losses.measureKL(rows: rows)
        terms += losses.terms(rows: rows)
        for (index, kl) in losses.perDimensionKL(rows: rows).enumerated() { perDimensionKL[index] += kl }
        unsafe errors.add(rows: rows, decoded: decoded, target: reader.target.base, of: vae)
    }

    private func run<Value>(_ body: () throws(ModelError) -> Value) throws(TrainingError) -> Value {
        do throws(ModelError) { return try body() } catch { throw .model(error) }
    }
}
