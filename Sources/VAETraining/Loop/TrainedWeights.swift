internal import VAE

/// The parameters of a run and what the optimiser remembers of them: arenas of one layout.
final class TrainedWeights: Sendable {
    let parameters: FloatBuffer
    let firstMoment: FloatBuffer
    let secondMoment: FloatBuffer
    /// Moving average of the parameters, if the run keeps one.
    let average: FloatBuffer?
    /// Those that the validation examples liked best so far, if the run looks for them.
    let best: FloatBuffer?
    private let decoder: Range<Int>
    private let logScaleOffset: Int?

    /// Zeros for `architecture`.
    init(_ architecture: VAEArchitecture, settings: TrainingSettings) {
        let count = architecture.layout.count
        parameters = FloatBuffer(count: count)
        firstMoment = FloatBuffer(count: count)
        secondMoment = FloatBuffer(count: count)
        average = settings.optimiser.averageDecay > 0 ? FloatBuffer(count: count) : nil
        best = settings.keepsBest ? FloatBuffer(count: count) : nil
        decoder = architecture.decoderParameters
        logScaleOffset = architecture.logScaleOffset
    }

    /// What is evaluated, and becomes the checkpoint unless `best` does.
    var result: FloatBuffer { average ?? parameters }

    /// What besides the parameters must be kept to go on, by name.
    var memory: [(name: String, buffer: FloatBuffer)] {
        [("first_moment", firstMoment), ("second_moment", secondMoment)] + (average.map { [("average", $0)] } ?? [])
            + (best.map { [("best", $0)] } ?? [])
    }

    /// One step of the parameters in `range`, after `step` steps and `epochs` epochs of the run; `norm` is that of the
    /// whole gradient. Several threads may run disjoint ranges at once.
    ///
    /// With several encoder steps to one of the decoder (He et al. 2019, arXiv 1901.05534; the E and M steps of expectation
    /// maximisation) the decoder moves in the last of each group only.
    func follow(
        _ gradient: FloatBuffer, norm: Double, step: UInt64, epochs: Double, settings: TrainingSettings,
        range: Range<Int>
    ) {
        let optimiser = settings.optimiser
        if let bound = optimiser.clipNorm, norm > bound {
            GradientArena.scale(gradient, by: Float(bound / norm), range: range)
        }
        let rate = Float(optimiser.learningRate(after: epochs, of: Double(settings.epochs)))
        let adam = Adam(
            learningRate: rate, beta1: Float(optimiser.beta1), beta2: Float(optimiser.beta2),
            epsilon: Float(optimiser.epsilon))
        func move(_ range: Range<Int>, step: UInt64) {
            guard !range.isEmpty else { return }
            if optimiser.weightDecay > 0 {
                GradientArena.scale(parameters, by: 1 - rate * Float(optimiser.weightDecay), range: range)
            }
            _ = adam.step(
                step, range: range, gradients: [gradient], weights: parameters, firstMoment: firstMoment,
                secondMoment: secondMoment)
        }
        let group = UInt64(settings.objective.encoderSteps)
        if group == 1 {
            move(range, step: step + 1)
        } else {
            move(range.clamped(to: 0..<decoder.lowerBound), step: step + 1)
            if step % group == group - 1 { move(range.clamped(to: decoder), step: step / group + 1) }
        }
        if let average {
            // Early on the average would be of the random start: it may not be longer than the run.
            let decay = min(optimiser.averageDecay, Double(1 + step) / Double(10 + step))
            GradientArena.average(parameters, into: average, decay: Float(decay), range: range)
        }
    }

    /// Moves the likelihood's scale towards the one that suits the minibatch best: what is kept is an average over some
    /// hundred minibatches. For the thread whose `range` it lies in.
    func follow(optimalLogScale: Float, step: UInt64, range: Range<Int>) {
        guard let offset = logScaleOffset, range.contains(offset) else { return }
        let part = max(0.01, 1 / Float(step + 1))
        parameters[offset] += part * (optimalLogScale - parameters[offset])
    }
}
