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
    /// What the decoder should give back, and what the encoder sees: the same where nothing is done to it.
    private let x, input: FloatBuffer
    private let scratch: FloatBuffer
    private let noise: FloatBuffer
    private let architecture: VAEArchitecture
    private let maximumRows: Int
    private let settings: ObjectiveSettings
    private var share: MinibatchShare?

    init(
        _ architecture: VAEArchitecture, maximumRows: Int, objective settings: ObjectiveSettings
    ) throws(ModelError) {
        self.architecture = architecture
        self.maximumRows = maximumRows
        self.settings = settings
        (vae, objective) = try settings.make(architecture, maximumRows: maximumRows)
        losses = RowLosses(vae, maximumRows: maximumRows)
        gradient = FloatBuffer(count: architecture.layout.count)
        x = FloatBuffer(count: maximumRows * architecture.inputCount)
        let isChanged =
            settings.corruption != nil || architecture.likelihood.normalisesInput
            || architecture.encoderInputCount != architecture.inputCount
        input = isChanged ? FloatBuffer(count: maximumRows * architecture.encoderInputCount) : x
        scratch = FloatBuffer(count: settings.corruption == nil ? 0 : x.count)
        noise = FloatBuffer(count: maximumRows * objective.samples * architecture.latent)
    }

    /// Forward over the images `indices`, of a minibatch of `total`; fills `statistics` and `failure`.
    /// What is random about an image depends on seed, epoch and its number only, so the shares do not matter.
    func forward(
        _ indices: ArraySlice<UInt32>, of dataset: any Dataset, total: Int, seed: UInt64, epoch: UInt32,
        weights: ScheduledWeights, parameters: FloatBuffer
    ) {
        let share = MinibatchShare(
            rows: indices.count, total: total, target: x, input: input, noise: noise, parameters: parameters,
            weights: weights, indices: indices, seed: seed, epoch: epoch)
        self.share = share
        failure = nil
        do throws(TrainingError) {
            try gather(indices, of: dataset, samples: objective.samples, seed: seed, draw: epoch)
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

    /// Forward over the images `range`, with one draw of z each; fills `terms`, `perDimensionKL` and `failure`.
    func evaluate(_ range: Range<Int>, of dataset: any Dataset, seed: UInt64, parameters: FloatBuffer) {
        terms = LossTerms()
        perDimensionKL = Array(repeating: 0, count: architecture.latent)
        failure = nil
        do throws(TrainingError) {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: maximumRows) {
                let rows = min(maximumRows, range.upperBound - start)
                let indices = Array(UInt32(start)..<UInt32(start + rows))
                try gather(indices[...], of: dataset, samples: 1, seed: seed, draw: Evaluator.draw)
                try run { () throws(ModelError) in try evaluate(rows: rows, parameters: parameters) }
            }
        } catch { failure = error }
    }

    private func evaluate(rows: Int, parameters: FloatBuffer) throws(ModelError) {
        let decoded = try unsafe vae.forward(
            rows: rows, x: input.base, noise: noise.base, samples: 1, parameters: parameters.base)
        unsafe losses.reconstruction(rows: rows, decoded: decoded, x: x.base, parameters: parameters.base)
        losses.measureKL(rows: rows)
        terms += losses.terms(rows: rows)
        for (index, kl) in losses.perDimensionKL(rows: rows).enumerated() { perDimensionKL[index] += kl }
    }

    /// Reads the images, and draws what belongs to them.
    private func gather(
        _ indices: ArraySlice<UInt32>, of dataset: any Dataset, samples: Int, seed: UInt64, draw: UInt32
    ) throws(TrainingError) {
        var problem: DatasetError?
        let rows = indices.count
        let noiseStream = RandomStream(seed: seed, domain: .posterior, draw: draw)
        unsafe indices.withUnsafeBufferPointer { indices in
            guard let first = indices.baseAddress else { return }
            unsafe noiseStream.normals(
                rowIndices: first, rows: rows, width: samples * architecture.latent, into: noise.base)
            do throws(DatasetError) { try unsafe dataset.gather(first, rows: rows, into: x.base) } catch {
                problem = error
                return
            }
            defer {
                unsafe prepareInput(first, rows: rows, labels: dataset.labels, seed: seed, draw: draw)
            }
            if settings.binarises {
                unsafe RandomStream(seed: seed, domain: .binarisation, draw: draw).binarise(
                    rowIndices: first, rows: rows, width: architecture.inputCount, x.base)
            }
        }
        if let problem { throw .data(problem) }
    }

    /// What the encoder sees of the images in `x`.
    private func prepareInput(
        _ indices: UnsafePointer<UInt32>, rows: Int, labels: [UInt8]?, seed: UInt64, draw: UInt32
    ) {
        guard input !== x else { return }
        let width = architecture.inputCount
        if let classes = architecture.configuration.classes {
            unsafe vae.labels.base.update(repeating: 0, count: rows * classes)
            for row in 0..<rows {
                guard let label = unsafe labels?[Int(indices[row])], Int(label) < classes else { continue }
                unsafe vae.labels.base[row * classes + Int(label)] = 1
            }
            unsafe MatrixRows.join(
                x.base, left: width, vae.labels.base, right: classes, rows: rows, into: input.base)
            return
        }
        unsafe input.base.update(from: x.base, count: rows * width)
        if architecture.likelihood.normalisesInput {
            unsafe MatrixRows.normalise(input.base, rows: rows, width: width)
        }
        // What is judged is judged as it is.
        guard let corruption = settings.corruption, draw != Evaluator.draw else { return }
        unsafe corruption.apply(
            to: input.base, indices: indices, rows: rows, width: width,
            stream: RandomStream(seed: seed, domain: .corruption, draw: draw), scratch: scratch.base)
    }

    private func run<Value>(_ body: () throws(ModelError) -> Value) throws(TrainingError) -> Value {
        do throws(ModelError) { return try body() } catch { throw .model(error) }
    }
}
