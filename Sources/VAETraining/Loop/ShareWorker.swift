internal import VAE

/// One thread's part of every minibatch and of every evaluation: its own activations, noise and gradient.
/// `@unchecked Sendable` because only the thread of its index touches it, except between two barriers of the team, when
/// that thread does not.
@safe final class ShareWorker: @unchecked Sendable {
    /// This thread's share of the gradient; an arena like the parameters.
    let gradient: FloatBuffer
    /// Of the last share.
    private(set) var terms = ELBOTerms()
    /// Of the last evaluation: the KL of each latent dimension, summed over the images.
    private(set) var perDimensionKL: [Double] = []
    /// Why the last share could not be computed.
    private(set) var failure: TrainingError?
    /// Parameters that the last step left alone, since their gradient was not finite.
    var skippedParameters = 0

    private let objective: ELBO
    private let x: FloatBuffer
    private let noise: FloatBuffer
    private let architecture: VAEArchitecture

    init(_ architecture: VAEArchitecture, maximumRows: Int) throws(ModelError) {
        self.architecture = architecture
        objective = try ELBO(architecture, maximumRows: maximumRows)
        gradient = FloatBuffer(count: architecture.layout.count)
        x = FloatBuffer(count: maximumRows * architecture.inputCount)
        noise = FloatBuffer(count: maximumRows * architecture.latent)
    }

    /// Forward and backward over the images `indices`; fills `gradient`, `terms` and `failure`.
    /// The noise of an image depends on `stream` and its number only, so the shares do not matter.
    func learn(
        _ indices: ArraySlice<UInt32>, of dataset: any Dataset, noise stream: RandomStream, scale: Float,
        parameters: FloatBuffer
    ) {
        failure = nil
        do throws(TrainingError) {
            try gather(indices, of: dataset, noise: stream)
            terms = try run { () throws(ModelError) in
                try unsafe objective.valueAndGradient(
                    rows: indices.count, x: x.base, noise: noise.base, parameters: parameters.base, scale: scale,
                    gradient: gradient.base)
            }
        } catch { failure = error }
    }

    private func gather(
        _ indices: ArraySlice<UInt32>, of dataset: any Dataset, noise stream: RandomStream
    ) throws(TrainingError) {
        var problem: DatasetError?
        let rows = indices.count
        unsafe indices.withUnsafeBufferPointer { indices in
            guard let first = indices.baseAddress else { return }
            unsafe stream.normals(rowIndices: first, rows: rows, width: architecture.latent, into: noise.base)
            do throws(DatasetError) { try unsafe dataset.gather(first, rows: rows, into: x.base) } catch {
                problem = error
            }
        }
        if let problem { throw .data(problem) }
    }

    private func run<Value>(_ body: () throws(ModelError) -> Value) throws(TrainingError) -> Value {
        do throws(ModelError) { return try body() } catch { throw .model(error) }
    }

    /// Forward over the images `range`; fills `terms`, `perDimensionKL` and `failure`.
    func evaluate(
        _ range: Range<Int>, of dataset: any Dataset, noise stream: RandomStream, parameters: FloatBuffer
    ) {
        terms = ELBOTerms()
        perDimensionKL = Array(repeating: 0, count: architecture.latent)
        failure = nil
        do throws(TrainingError) {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: objective.maximumRows) {
                let rows = min(objective.maximumRows, range.upperBound - start)
                try gather(Array(UInt32(start)..<UInt32(start + rows))[...], of: dataset, noise: stream)
                terms += try run { () throws(ModelError) in
                    try unsafe objective.value(
                        rows: rows, x: x.base, noise: noise.base, parameters: parameters.base,
                        perDimensionKL: &perDimensionKL)
                }
            }
        } catch { failure = error }
    }
}
