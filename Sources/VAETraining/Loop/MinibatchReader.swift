internal import VAE

/// Reads the rows of one thread's share, and makes of them what the encoder sees and what the decoder should give.
///
/// What is random about a row depends on seed, draw and the row's number in its data set only.
final class MinibatchReader {
    /// What the decoder should give: the examples, or their labels one-hot.
    let target: FloatBuffer
    /// What the encoder sees; the target itself where nothing is done to it.
    let input: FloatBuffer
    /// ε of z = μ + σ·ε, `[rows, samples, latent]`.
    let noise: FloatBuffer
    private let examples: FloatBuffer
    private let scratch: FloatBuffer
    private let vae: TrainableVAE
    private let settings: ObjectiveSettings
    private let augmentation: Augmentation
    private let maximumRows: Int
    /// For data that are slow to read; and what it has been told to read.
    private var ahead: DecodeAhead?
    private var underWay: [UInt32] = []
    private var architecture: VAEArchitecture { vae.architecture }

    init(_ vae: TrainableVAE, settings: ObjectiveSettings, augmentation: Augmentation, maximumRows: Int) {
        self.vae = vae
        self.settings = settings
        self.augmentation = augmentation
        self.maximumRows = maximumRows
        let architecture = vae.architecture
        examples = FloatBuffer(count: maximumRows * architecture.inputCount)
        let isLabel = architecture.configuration.predictedClasses != nil
        target = isLabel ? FloatBuffer(count: maximumRows * architecture.outputCount) : examples
        let isChanged =
            settings.corruption != nil || architecture.normalisesInput
            || architecture.encoderInputCount != architecture.inputCount
        input = isChanged ? FloatBuffer(count: maximumRows * architecture.encoderInputCount) : examples
        scratch = FloatBuffer(count: settings.corruption == nil ? 0 : examples.count)
        noise = FloatBuffer(count: maximumRows * vae.samples * architecture.latent)
    }

    /// Reads the examples `indices`. `draw` is the epoch, or `Evaluator.draw`. Data that are slow to read begin with those
    /// of `next`, which will be asked for then, while the caller computes.
    func read(
        _ indices: ArraySlice<UInt32>, next: ArraySlice<UInt32> = [], of dataset: any Dataset, samples: Int,
        seed: UInt64, draw: UInt32
    ) throws(TrainingError) {
        if dataset.isSlow, draw != Evaluator.draw {
            try readAhead(indices, next: next, of: dataset, seed: seed, draw: draw)
        } else {
            try gather(indices, of: dataset, seed: seed, draw: draw)
        }
        unsafe indices.withUnsafeBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return }
            unsafe prepare(
                first, rows: buffer.count, of: dataset, samples: samples, seed: seed, draw: draw)
        }
    }

    private func gather(
        _ indices: ArraySlice<UInt32>, of dataset: any Dataset, seed: UInt64, draw: UInt32
    ) throws(TrainingError) {
        var problem: DatasetError?
        unsafe indices.withUnsafeBufferPointer { indices in
            guard let first = indices.baseAddress else { return }
            do throws(DatasetError) {
                try unsafe dataset.gather(first, rows: indices.count, into: examples.base)
            } catch {
                problem = error
                return
            }
            if draw != Evaluator.draw {
                unsafe augmentation.apply(
                    to: examples.base, shape: architecture.inputShape, indices: first, rows: indices.count,
                    stream: RandomStream(seed: seed, domain: .augmentation, draw: draw))
            }
        }
        if let problem { throw .data(problem) }
    }

    private func readAhead(
        _ indices: ArraySlice<UInt32>, next: ArraySlice<UInt32>, of dataset: any Dataset, seed: UInt64, draw: UInt32
    ) throws(TrainingError) {
        if self.ahead == nil {
            self.ahead = try DecodeAhead(
                dataset: dataset, maximumRows: maximumRows, augmentation: augmentation, threads: 1)
        }
        guard let ahead else { return }
        let stream = RandomStream(seed: seed, domain: .augmentation, draw: draw)
        do throws(DatasetError) {
            // After an interruption what lies ready is not what comes next.
            if underWay != Array(indices) {
                if !underWay.isEmpty { _ = try? ahead.take() }
                ahead.begin(Array(indices), varying: stream)
            }
            underWay = []
            let rows = try ahead.take()
            if !next.isEmpty {
                underWay = Array(next)
                ahead.begin(underWay, varying: stream)
            }
            unsafe examples.base.update(from: rows.base, count: indices.count * architecture.inputCount)
        } catch { throw .data(error) }
    }

    /// Draws what belongs to the rows that have been read, and makes input and target of them.
    private func prepare(
        _ indices: UnsafePointer<UInt32>, rows: Int, of dataset: any Dataset, samples: Int, seed: UInt64, draw: UInt32
    ) {
        unsafe RandomStream(seed: seed, domain: .posterior, draw: draw).normals(
            rowIndices: indices, rows: rows, width: samples * architecture.latent, into: noise.base)
        if settings.binarises {
            unsafe RandomStream(seed: seed, domain: .binarisation, draw: draw).binarise(
                rowIndices: indices, rows: rows, width: architecture.inputCount, examples.base)
        }
        if let classes = architecture.configuration.predictedClasses {
            unsafe dataset.oneHotLabels(indices, rows: rows, classes: classes, into: target)
        }
        if input !== examples {
            unsafe prepareInput(indices, rows: rows, of: dataset, seed: seed, draw: draw)
        }
    }

    private func prepareInput(
        _ indices: UnsafePointer<UInt32>, rows: Int, of dataset: any Dataset, seed: UInt64, draw: UInt32
    ) {
        let width = architecture.inputCount
        unsafe input.base.update(from: examples.base, count: rows * width)
        if architecture.normalisesInput { unsafe MatrixRows.normalise(input.base, rows: rows, width: width) }
        // What is judged is judged as it is.
        if let corruption = settings.corruption, draw != Evaluator.draw {
            unsafe corruption.apply(
                to: input.base, indices: indices, rows: rows, width: width,
                stream: RandomStream(seed: seed, domain: .corruption, draw: draw), scratch: scratch.base)
        }
        guard let classes = architecture.configuration.classes else { return }
        unsafe dataset.oneHotLabels(indices, rows: rows, classes: classes, into: vae.labels)
        MatrixRows.appendColumns(of: vae.labels, right: classes, to: input, left: width, rows: rows)
    }
}
