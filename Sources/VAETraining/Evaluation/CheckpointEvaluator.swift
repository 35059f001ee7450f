public import VAE

/// Measures a model on held-out images and describes the codes of its training images: everything that
/// `EvaluationRecord` and `AggregatePosterior` have room for. Results are the same bits for any number of threads.
public final class CheckpointEvaluator {
    let model: VAEModel
    let settings: EvaluationSettings
    let team: ThreadTeam
    let shouldStop: @Sendable () -> Bool
    private let encoder: ImageEncoder
    private let progress: EvaluationProgress?
    /// What the last evaluation has found; when it was told to stop, the parts that were complete by then.
    public internal(set) var record = EvaluationRecord()
    /// The estimates of ln p(x) of the last evaluation, as many as there was time for.
    public private(set) var likelihood: MarginalLikelihood?
    /// How long they took.
    public private(set) var likelihoodSeconds = 0.0

    /// What the last evaluation left out because it was told to stop.
    public private(set) var leftOut: [EvaluationPart] = []

    /// `progress`, if given, shows what is being done; `shouldStop` is asked many times a second, and holds on to a yes.
    public convenience init(
        _ checkpoint: Checkpoint, settings: EvaluationSettings, threads: Int, progress: EvaluationProgress? = nil,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) {
        try self.init(
            checkpoint, settings: settings, team: try ThreadTeam(count: threads), progress: progress,
            shouldStop: shouldStop)
    }

    init(
        _ checkpoint: Checkpoint, settings: EvaluationSettings, team: ThreadTeam, progress: EvaluationProgress?,
        shouldStop: @escaping @Sendable () -> Bool
    ) throws(TrainingError) {
        try settings.validate()
        guard checkpoint.architecture.configuration.predictedClasses == nil else {
            throw .setting("the model predicts classes: there are no images to be likely and no codes to describe")
        }
        do throws(ModelError) {
            model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        } catch { throw .model(error) }
        self.settings = settings
        self.team = team
        self.progress = progress
        self.shouldStop = shouldStop
        encoder = try ImageEncoder(model, seed: settings.seed, team: team)
    }

    /// What has been measured.
    public struct Result: Sendable {
        /// For the checkpoint's metadata.
        public let record: EvaluationRecord
        /// For the checkpoint's tensors; nil for codes with too many dimensions.
        public let aggregate: AggregatePosterior?
        /// The same; nil for data without labels and known factors.
        public let landmarks: LatentLandmarks?
    }

    /// Measures the model on `data`; nil when it was told to stop.
    ///
    /// The mean values of `data`'s test images are those of training's own evaluation, since the noise is the same.
    public func evaluate(_ data: DatasetPair) throws(TrainingError) -> Result? {
        try ExampleSession.check(data.test, for: model.architecture)
        try ExampleSession.check(data.train, for: model.architecture)
        leftOut = EvaluationPart.parts(of: model.architecture, on: data, settings: settings)
        (likelihood, likelihoodSeconds) = (nil, 0)
        record = EvaluationRecord()
        record.dataset = data.name
        record.seed = settings.seed
        record.binarisationSeed = settings.binarisationSeed
        guard let held = try measureHeldOut(data) else { return nil }
        summarise(held, nil)
        var importance: MarginalLikelihood?
        if let samples = settings.samples {
            importance = try estimateLikelihood(data, samples: samples, count: held.count)
            guard let importance else { return nil }
            record.importance = importance.record
            summarise(held, importance)
        }
        guard let codes = try encodeLearned(data) else { return nil }
        let aggregate = try describe(codes, of: data)
        guard !shouldStop() else { return nil }
        record.scores = try measureScores(data, aggregate: aggregate, count: held.count, importance)
        let landmarks = try findLandmarks(codes, of: data)
        return shouldStop() ? nil : Result(record: record, aggregate: aggregate, landmarks: landmarks)
    }

    /// Does one part, and knows it as done unless it gave up; `body` is given what to call with the number of `unit` done.
    func measure<Value>(
        _ part: EvaluationPart, total: Int, unit: String = ProgressLine.images,
        _ body: (_ done: @escaping @Sendable (Int) -> Void) throws(TrainingError) -> Value?
    ) throws(TrainingError) -> Value? {
        let progress = progress
        progress?.begin(part.rawValue, total: total, unit: unit)
        defer { progress?.end() }
        let value = try body { progress?.done($0) }
        if value != nil || !shouldStop() { leftOut.removeAll { $0 == part } }
        return value
    }

    private func heldOut(_ data: DatasetPair) -> any Dataset {
        settings.binarisationSeed.map { BinarisedImages(data.test, seed: $0) } ?? data.test
    }

    private func learnedFrom(_ data: DatasetPair) -> any Dataset {
        settings.binarisationSeed.map {
            BinarisedImages(data.train, seed: $0, draw: BinarisedImages.trainingDraw)
        } ?? data.train
    }

    private func measureHeldOut(_ data: DatasetPair) throws(TrainingError) -> EncodedImages? {
        let count = min(settings.images ?? .max, data.test.count)
        let held = try measure(.bound, total: count) { done throws(TrainingError) in
            try encoder.encode(
                (0..<UInt32(count)).map(\.self), of: heldOut(data), draw: Evaluator.draw, decoding: true,
                progress: done, shouldStop: shouldStop)
        }
        guard let held else { return nil }
        let kl = held.columnMeans(held.divergences())
        let scores = ImageScores(held)
        record.images = count
        record.test = scores.terms
        record.standardError = MarginalLikelihood.standardError(scores.loss)
        record.perDimensionKL = kl.map { Float($0) }
        return held
    }

    /// Nil when told to stop; `likelihood` then has as many images as there was time for.
    private func estimateLikelihood(
        _ data: DatasetPair, samples: Int, count: Int
    ) throws(TrainingError) -> MarginalLikelihood? {
        let estimator = try LogLikelihoodEstimator(model, samples: samples, seed: settings.seed, team: team)
        let start = Clock.now
        defer { likelihoodSeconds = Clock.now - start }
        return try measure(.likelihood, total: count) { done throws(TrainingError) in
            let estimate = try estimator.estimate(
                heldOut(data), count: count, progress: done, shouldStop: shouldStop)
            likelihood = estimate
            return estimate.estimates.count == count ? estimate : nil
        }
    }

    /// What follows from the images' costs.
    private func summarise(_ held: EncodedImages, _ importance: MarginalLikelihood?) {
        let scores = ImageScores(held)
        record.quantiles = EvaluationRecord.Quantiles(
            ranks: Quantile.ranks, loss: Quantile.values(scores.loss),
            reconstruction: Quantile.values(scores.reconstruction), kl: Quantile.values(scores.kl),
            importance: importance.map { Quantile.values($0.estimates.map { -$0.bound }) }, images: held.count)
        record.bitsPerDimension = BitRate(model.architecture).record(record)
    }

    /// Posteriors of the training images; nil when told to stop.
    private func encodeLearned(_ data: DatasetPair) throws(TrainingError) -> EncodedImages? {
        let dataset = learnedFrom(data)
        let count = min(dataset.count, EvaluationSettings.maximumTrainingImages)
        let numbers = (0..<count).map { UInt32($0 * dataset.count / count) }
        return try measure(.codes, total: count) { done throws(TrainingError) in
            try encoder.encode(
                numbers, of: dataset, draw: Evaluator.draw - 1, decoding: false, progress: done, shouldStop: shouldStop)
        }
    }

    private func measureScores(
        _ data: DatasetPair, aggregate: AggregatePosterior?, count: Int, _ importance: MarginalLikelihood?
    ) throws(TrainingError) -> EvaluationRecord.Scores? {
        try measure(.scores, total: count) { done throws(TrainingError) in
            try ScoreMeasure(model, aggregate: aggregate, team: team).measure(
                heldOut(data), count: count, likelihood: importance, progress: done, shouldStop: shouldStop)
        }
    }

    private func findLandmarks(_ codes: EncodedImages, of data: DatasetPair) throws(TrainingError) -> LatentLandmarks? {
        let measure = LandmarkMeasure(codes, of: data.train, classNames: settings.classNames ?? data.classNames)
        return try self.measure(.landmarks, total: measure.total, unit: "means") { done throws(TrainingError) in
            try measure.measure(progress: done, shouldStop: shouldStop)
        }
    }
}
