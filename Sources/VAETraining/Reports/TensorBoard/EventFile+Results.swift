internal import VAE

extension EventFile {
    /// The curves of an epoch.
    func append(_ result: EpochResult) throws(TrainingError) {
        var summary = Summary()
        summary.addScalar("loss/train", result.train.loss)
        summary.addScalar("loss/test", result.test?.loss)
        if result.objective != result.train.loss { summary.addScalar("loss/minimised", result.objective) }
        summary.addScalar("reconstruction/train", result.train.reconstruction)
        summary.addScalar("reconstruction/test", result.test?.reconstruction)
        summary.addScalar("kl/train", result.train.kl)
        summary.addScalar("kl/test", result.test?.kl)
        summary.addScalar("kl/active_units", result.activeUnits.map(Double.init))
        summary.addHistogram("kl/per_dimension", result.perDimensionKL.map(Double.init))
        summary.addScalar("optimiser/beta", result.beta)
        summary.addScalar("optimiser/learning_rate", result.learningRate)
        summary.addScalar("optimiser/gradient_norm", result.gradientNorm)
        summary.addScalar("optimiser/skipped_steps", Double(result.skippedSteps))
        summary.addScalar("speed/images_per_second", Double(result.images) / max(result.seconds, 1e-9))
        for (name, value) in result.scalars.sorted(by: { $0.key < $1.key }) { summary.addScalar(name, value) }
        try append(summary, step: result.step)
    }

    /// The curves of a step.
    func append(_ result: StepResult) throws(TrainingError) {
        var summary = Summary()
        summary.addScalar("step/loss", result.loss)
        summary.addScalar("step/gradient_norm", result.gradientNorm)
        summary.addScalar("step/learning_rate", result.learningRate)
        summary.addScalar("step/beta", result.beta)
        try append(summary, step: result.step)
    }
}
