internal import VAE

/// One line of `NAME.metrics.jsonl`. Flat, so that `pandas.read_json(path, lines=True)` gives one column a figure; what
/// is unknown or not finite is left out.
struct MetricsRecord: Hashable, Sendable, Codable {
    enum Kind: String, Codable {
        case epoch, step
    }

    var kind: Kind
    /// From 1.
    var epoch: Int
    /// Optimiser steps of the run so far.
    var step: UInt64
    /// Seconds since 1970 when the line was written. This, `seconds` and `imagesPerSecond` are all that differs between
    /// two runs of one command.
    var time: Double
    var trainLoss, trainReconstruction, trainKL: Double?
    /// What is minimised, where that is not −ELBO.
    var trainObjective: Double?
    var testLoss, testReconstruction, testKL: Double?
    var beta, learningRate, gradientNorm: Double?
    var skippedSteps: Int?
    var activeUnits: Int?
    var perDimensionKL: [Float]?
    /// Of the epoch's training steps since the run was last started.
    var seconds: Double?
    var imagesPerSecond: Double?
    /// What else was measured.
    var scalars: [String: Double]?

    enum CodingKeys: String, CodingKey {
        case kind, epoch, step, time, beta, seconds, scalars
        case trainLoss = "train_loss"
        case trainReconstruction = "train_reconstruction"
        case trainKL = "train_kl"
        case trainObjective = "train_objective"
        case testLoss = "test_loss"
        case testReconstruction = "test_reconstruction"
        case testKL = "test_kl"
        case learningRate = "learning_rate"
        case gradientNorm = "gradient_norm"
        case skippedSteps = "skipped_steps"
        case activeUnits = "active_units"
        case perDimensionKL = "per_dimension_kl"
        case imagesPerSecond = "images_per_second"
    }

    init(_ result: EpochResult, time: Double) {
        kind = .epoch
        epoch = result.epoch
        step = result.step
        self.time = time
        (trainLoss, trainReconstruction, trainKL) = Self.finite(result.train)
        (testLoss, testReconstruction, testKL) = Self.finite(result.test)
        trainObjective = result.objective == result.train.loss ? nil : Self.finite(result.objective)
        beta = Self.finite(result.beta)
        learningRate = Self.finite(result.learningRate)
        gradientNorm = Self.finite(result.gradientNorm)
        skippedSteps = result.skippedSteps
        activeUnits = result.activeUnits
        let kl = result.perDimensionKL
        perDimensionKL = kl.isEmpty || !kl.allSatisfy(\.isFinite) ? nil : kl
        seconds = Self.finite(result.seconds)
        imagesPerSecond = Self.finite(Double(result.images) / max(result.seconds, 1e-9))
        let scalars = result.scalars.filter(\.value.isFinite)
        self.scalars = scalars.isEmpty ? nil : scalars
    }

    init(_ result: StepResult, time: Double) {
        kind = .step
        epoch = result.epoch
        step = result.step
        self.time = time
        trainLoss = Self.finite(result.loss)
        beta = Self.finite(result.beta)
        learningRate = Self.finite(result.learningRate)
        gradientNorm = Self.finite(result.gradientNorm)
    }

    private static func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }

    private static func finite(_ terms: TrainingRecord.Terms?) -> (Double?, Double?, Double?) {
        (finite(terms?.loss), finite(terms?.reconstruction), finite(terms?.kl))
    }
}
