public import VAE

/// Measures a model on held-out images and describes the codes of its training images: everything that
/// `EvaluationRecord` and `AggregatePosterior` have room for. Results are the same bits for any number of threads.
public final class CheckpointEvaluator {
    private let model: VAEModel
    private let settings: EvaluationSettings
    private let team: ThreadTeam
    private let encoder: ImageEncoder
    private let progress: EvaluationProgress?
    private let shouldStop: @Sendable () -> Bool
    /// The estimates of ln p(x) of the last evaluation, as many as there was time for.
    public private(set) var likelihood: MarginalLikelihood?
    /// How long they took.
    public private(set) var likelihoodSeconds = 0.0

    /// `progress`, if given, shows what is being done; `shouldStop` is asked many times a second.
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
        var record = EvaluationRecord()
        record.dataset = data.name
        record.seed = settings.seed
        record.binarisationSeed = settings.binarisationSeed
        guard let held = try measureHeldOut(data, into: &record) else { return nil }
        var importance: MarginalLikelihood?
        if let samples = settings.samples {
            let estimate = try estimateLikelihood(data, samples: samples, count: held.count)
            likelihood = estimate
            guard estimate.estimates.count == held.count else { return nil }
            importance = estimate
            record.importance = estimate.record
        }
        record.quantiles = Self.quantiles(held, importance)
        record.bitsPerDimension = BitRate(model.architecture).record(record)
        guard let codes = try encodeLearned(data) else { return nil }
        let aggregate = try describe(codes, of: data, into: &record)
        record.scores = try ScoreMeasure(model, aggregate: aggregate, team: team).measure(
            heldOut(data), count: held.count, likelihood: importance, shouldStop: shouldStop)
        let landmarks = try LandmarkMeasure(
            codes, of: data.train, classNames: settings.classNames ?? data.classNames
        ).measure()
        return shouldStop() ? nil : Result(record: record, aggregate: aggregate, landmarks: landmarks)
    }

    private func heldOut(_ data: DatasetPair) -> any Dataset {
        settings.binarisationSeed.map { BinarisedImages(data.test, seed: $0) } ?? data.test
    }

    private func learnedFrom(_ data: DatasetPair) -> any Dataset {
        settings.binarisationSeed.map {
            BinarisedImages(data.train, seed: $0, draw: BinarisedImages.trainingDraw)
        } ?? data.train
    }

    private func encode(
        _ title: String, _ numbers: [UInt32], of dataset: any Dataset, draw: UInt32, decoding: Bool
    ) throws(TrainingError) -> EncodedImages? {
        let progress = progress
        progress?.begin(title, total: numbers.count)
        defer { progress?.end() }
        return try encoder.encode(
            numbers, of: dataset, draw: draw, decoding: decoding, progress: { progress?.done($0) },
            shouldStop: shouldStop)
    }

    private func measureHeldOut(
        _ data: DatasetPair, into record: inout EvaluationRecord
    ) throws(TrainingError) -> EncodedImages? {
        let count = min(settings.images ?? .max, data.test.count)
        guard
            let held = try encode(
                "held-out images", (0..<UInt32(count)).map(\.self), of: heldOut(data), draw: Evaluator.draw,
                decoding: true)
        else { return nil }
        let kl = held.columnMeans(held.divergences())
        let scores = ImageScores(held)
        record.images = count
        record.test = scores.terms
        record.standardError = MarginalLikelihood.standardError(scores.loss)
        record.perDimensionKL = kl.map { Float($0) }
        return held
    }

    private func estimateLikelihood(
        _ data: DatasetPair, samples: Int, count: Int
    ) throws(TrainingError) -> MarginalLikelihood {
        let estimator = try LogLikelihoodEstimator(model, samples: samples, seed: settings.seed, team: team)
        let progress = progress
        let start = Clock.now
        progress?.begin("ln p(x)", total: count)
        defer {
            progress?.end()
            likelihoodSeconds = Clock.now - start
        }
        return try estimator.estimate(
            heldOut(data), count: count, progress: { progress?.done($0) }, shouldStop: shouldStop)
    }

    private static func quantiles(
        _ held: EncodedImages, _ importance: MarginalLikelihood?
    ) -> EvaluationRecord.Quantiles {
        let scores = ImageScores(held)
        return EvaluationRecord.Quantiles(
            ranks: Quantile.ranks, loss: Quantile.values(scores.loss),
            reconstruction: Quantile.values(scores.reconstruction), kl: Quantile.values(scores.kl),
            importance: importance.map { Quantile.values($0.estimates.map { -$0.bound }) }, images: held.count)
    }

    /// Posteriors of the training images; nil when told to stop.
    private func encodeLearned(_ data: DatasetPair) throws(TrainingError) -> EncodedImages? {
        let dataset = learnedFrom(data)
        let count = min(dataset.count, EvaluationSettings.maximumTrainingImages)
        let numbers = (0..<count).map { UInt32($0 * dataset.count / count) }
        return try encode("training images", numbers, of: dataset, draw: Evaluator.draw - 1, decoding: false)
    }

    /// Everything about the training images' codes but their landmarks.
    private func describe(
        _ codes: EncodedImages, of data: DatasetPair, into record: inout EvaluationRecord
    ) throws(TrainingError) -> AggregatePosterior? {
        record.trainingImages = codes.count
        let activities = codes.activities()
        record.activeUnits = EvaluationRecord.ActiveUnits(
            variances: activities.map { Float($0) },
            byVariance: activities.count { $0 > EncodedImages.activeVariance },
            byKL: (record.perDimensionKL ?? []).count { $0 > Evaluation.usedKL })
        if !model.architecture.posterior.isDeterministic {
            record.klSplit = try KLSplitMeasure(images: codes, team: team).measure(shouldStop: shouldStop)
            record.disentanglement = try measureFactors(codes, of: data.train)
        }
        guard codes.latent <= AggregatePosterior.maximumLatent else { return nil }
        return try fit(codes, data: data, into: &record)
    }

    /// On as many of the codes as it takes.
    private func measureFactors(
        _ codes: EncodedImages, of dataset: any Dataset
    ) throws(TrainingError) -> EvaluationRecord.Disentanglement? {
        guard let table = dataset.factors, !shouldStop() else { return nil }
        let count = min(codes.count, MutualInformationGap.maximumImages)
        let places = (0..<count).map { $0 * codes.count / count }
        let factors = table.names.indices.map { factor in
            ImageFactor(
                name: table.names[factor],
                values: places.map { Int(table.values[Int(codes.numbers[$0]) * table.names.count + factor]) })
        }
        return try MutualInformationGap(codes.selecting(places), factors: factors)
            .measure(team: team, shouldStop: shouldStop)
    }

    private func fit(
        _ codes: EncodedImages, data: DatasetPair, into record: inout EvaluationRecord
    ) throws(TrainingError) -> AggregatePosterior? {
        let moments = LatentMoments(aggregateOf: codes)
        var mixture: GaussianMixture?
        if settings.components > 0 {
            let fit = MixtureFit(
                codes.z, count: codes.count, latent: codes.latent, components: settings.components, team: team)
            guard try fit.run(seed: MixtureFit.seed, shouldStop: shouldStop) else { return nil }
            mixture = try fit.mixture()
            let single = MixtureFit(codes.z, count: codes.count, latent: codes.latent, components: 1, team: team)
            _ = try single.run(seed: MixtureFit.seed)
            record.mixture = EvaluationRecord.Mixture(
                components: fit.components.count, logLikelihood: fit.logLikelihood,
                gaussianLogLikelihood: single.logLikelihood, iterations: fit.history.count - 1, images: codes.count)
        }
        do throws(DatasetError) {
            return AggregatePosterior(
                mean: moments.mean.map { Float($0) }, covariance: moments.covariance.map { Float($0) },
                mixture: mixture, meanImage: try data.train.meanPixels().map { Float($0) })
        } catch { throw .data(error) }
    }
}
