internal import VAE

extension TrainingSettings {
    /// The command that makes the same file again; what is as it is without flags is left out, but for the usual ones and
    /// those that differ between images and users with items.
    public var command: String {
        let start = Self.standard(data: data.source, output: output, epochs: epochs, kind: objective.kind)
        var words = ["vae-trainer", "train"]
        words += data.commandWords
        words += ["--out", output]
        words += modelWords(startingFrom: start)
        words += objective.words(startingFrom: start.objective)
        words += ["--epochs", "\(epochs)", "--batch-size", "\(batchSize)"]
        words += optimiser.words
        if layerwiseEpochs > 0 { words += ["--layerwise", "\(layerwiseEpochs)"] }
        if patience > 0 { words += ["--early-stopping", "\(patience)"] }
        if evaluateEvery != 1 { words += ["--evaluate-every", "\(evaluateEvery)"] }
        if precision != .f32 { words += ["--precision", precision.rawValue] }
        var choices = FlagWords()
        choices.add(
            "initial-weights", initialWeights.rawValue, unless: InitialWeights.pytorch.rawValue,
            startingFrom: start.initialWeights.rawValue)
        choices.add(
            "select", selection.rawValue, unless: WeightSelection.last.rawValue, startingFrom: start.selection.rawValue)
        words += choices.list
        if let startFrom { words += ["--start-from", startFrom] }
        words += ["--seed", "\(seed)", "--threads", "\(threads)"]
        if let datasetName { words += ["--dataset-name", datasetName] }
        if let datasetLicense { words += ["--dataset-license", datasetLicense] }
        if let license { words += ["--license", license] }
        return words.map(Shell.quoted).joined(separator: " ")
    }
}

extension ObjectiveSettings {
    /// The flags that differ from the plain ELBO's, or from `start`.
    func words(startingFrom start: ObjectiveSettings) -> [String] {
        let plain = ObjectiveSettings()
        var words = FlagWords()
        words.add("objective", kind.rawValue, unless: plain.kind.rawValue)
        words.add("samples", samples, unless: plain.samples)
        words.add("gradient", gradient.rawValue, unless: plain.gradient.rawValue)
        words.add("importance-cutoff", importanceCutoff, unless: plain.importanceCutoff)
        words.add("beta", beta, unless: plain.beta, startingFrom: start.beta)
        words.add("beta-warm-up", betaWarmUp, unless: plain.betaWarmUp, startingFrom: start.betaWarmUp)
        words.add("capacity", capacity, unless: plain.capacity)
        words.add("capacity-epochs", capacityEpochs, unless: plain.capacityEpochs)
        words.add("capacity-weight", capacityWeight, unless: plain.capacityWeight)
        words.add("free-bits", freeBits, unless: plain.freeBits)
        words.add("encoder-steps", encoderSteps, unless: plain.encoderSteps)
        words.add("sparsity", sparsity, unless: plain.sparsity)
        words.add("sparsity-weight", sparsityWeight, unless: plain.sparsityWeight)
        words.add("corrupt", corruption, unless: plain.corruption)
        if binarises { words.list.append("--binarise") }
        return words.list
    }

    /// Refuses what cannot work, naming the flag, the value and what to do.
    func validate() throws(TrainingError) {
        try SettingCheck.range("samples", samples, 1...100_000)
        guard kind == .iwae || samples == 1 else {
            throw .setting("--samples \(samples) is of --objective iwae; leave it out, or add --objective iwae")
        }
        guard kind == .iwae || gradient == .plain else {
            throw .setting(
                "--gradient \(gradient.rawValue) is of --objective iwae; leave it out, or add --objective iwae")
        }
        guard kind == .iwae || importanceCutoff == 0 else {
            throw .setting(
                "--importance-cutoff \(importanceCutoff) is of --objective iwae; leave it out, or add --objective iwae")
        }
        guard kind == .vae || (capacity == nil && freeBits == 0 && beta == 1 && betaWarmUp == 0) else {
            throw .setting(
                "--beta, --beta-warm-up, --capacity and --free-bits are of --objective vae; leave them out for "
                    + kind.rawValue)
        }
        guard capacity == nil || (freeBits == 0 && beta == 1 && betaWarmUp == 0) else {
            throw .setting("--capacity takes the place of --beta, --beta-warm-up and --free-bits; leave those out")
        }
        let plain = ObjectiveSettings()
        guard
            capacity != nil || (capacityEpochs == plain.capacityEpochs && capacityWeight == plain.capacityWeight)
        else {
            throw .setting("--capacity-epochs and --capacity-weight are of --capacity; leave them out, or give it")
        }
        guard sparsity != nil || sparsityWeight == plain.sparsityWeight else {
            throw .setting("--sparsity-weight \(sparsityWeight) is of --sparsity; leave it out, or give a --sparsity")
        }
        try SettingCheck.range("importance-cutoff", Double(importanceCutoff), 0...0.5)
        try SettingCheck.range("beta", beta, 0...1e6)
        try SettingCheck.range("beta-warm-up", betaWarmUp, 0...1e6)
        if let capacity { try SettingCheck.range("capacity", capacity, 0...1e6) }
        try SettingCheck.range("capacity-epochs", capacityEpochs, 0...1e6)
        try SettingCheck.range("capacity-weight", capacityWeight, 0...1e9)
        try SettingCheck.range("free-bits", freeBits, 0...1e3)
        try SettingCheck.range("encoder-steps", encoderSteps, 1...1000)
        guard kind == .autoencoder || sparsity == nil else {
            throw .setting("--sparsity is of --objective autoencoder; leave it out, or add --objective autoencoder")
        }
        if let sparsity { try SettingCheck.range("sparsity", sparsity, 1e-4...0.9999) }
        try SettingCheck.range("sparsity-weight", sparsityWeight, 0...1e6)
    }
}

extension OptimiserSettings {
    /// The flags; the step size always, the others where they differ from Adam's paper.
    var words: [String] {
        let plain = OptimiserSettings()
        var words = FlagWords(list: ["--learning-rate", "\(learningRate)"])
        words.add("schedule", schedule.rawValue, unless: plain.schedule.rawValue)
        words.add("warm-up", warmUp, unless: plain.warmUp)
        words.add("beta1", beta1, unless: plain.beta1)
        words.add("beta2", beta2, unless: plain.beta2)
        words.add("epsilon", epsilon, unless: plain.epsilon)
        words.add("weight-decay", weightDecay, unless: plain.weightDecay)
        words.add("clip", clipNorm, unless: plain.clipNorm)
        words.add("average", averageDecay, unless: plain.averageDecay)
        return words.list
    }

    /// Refuses what cannot work, naming the flag, the value and what to do.
    func validate() throws(TrainingError) {
        guard learningRate.isFinite, learningRate > 0, learningRate <= 1 else {
            throw .setting("--learning-rate \(learningRate): expected a number above 0 and at most 1, such as 1e-3")
        }
        try SettingCheck.range("warm-up", warmUp, 0...1e6)
        try SettingCheck.range("beta1", beta1, 0...0.9999)
        try SettingCheck.range("beta2", beta2, 0...0.999999)
        try SettingCheck.range("epsilon", epsilon, 1e-12...1)
        try SettingCheck.range("weight-decay", weightDecay, 0...1)
        if let clipNorm { try SettingCheck.range("clip", clipNorm, 1e-6...1e12) }
        try SettingCheck.range("average", averageDecay, 0...0.999999)
    }
}
