internal import ArgumentParser
internal import VAETraining

extension TrainCommand {
    /// The run that the flags describe: a new one, or the one to be continued.
    func makeTrainer() throws -> Trainer {
        if resume {
            let run = try InterruptedRun(output: out)
            try refuseChanges(to: run.settings)
            let images = try Self.images(data ?? run.settings.data)
            return try Trainer(resuming: run, data: images, observer: TerminalReporter())
        }
        let settings = apply(to: TrainingSettings(data: data, output: out))
        try settings.validate()
        return try Trainer(settings: settings, data: try Self.images(data), observer: TerminalReporter())
    }

    static func images(_ folder: String?) throws -> DatasetPair {
        if let folder { return try DatasetPair(directory: folder) }
        return try ProceduralShapes.pair()
    }

    /// `settings` with every flag that was given.
    private func apply(to settings: TrainingSettings) -> TrainingSettings {
        var settings = settings
        if !hidden.isEmpty { settings.hidden = hidden }
        settings.latent = latent ?? settings.latent
        settings.activation = activation ?? settings.activation
        settings.epochs = epochs ?? settings.epochs
        settings.batchSize = batchSize ?? settings.batchSize
        settings.learningRate = learningRate ?? settings.learningRate
        settings.seed = seed ?? settings.seed
        settings.threads = threads ?? settings.threads
        settings.datasetName = datasetName ?? settings.datasetName
        settings.datasetLicense = datasetLicense ?? settings.datasetLicense
        settings.license = license ?? settings.license
        return settings
    }

    private func refuseChanges(to settings: TrainingSettings) throws {
        guard apply(to: settings) == settings else {
            throw ValidationError(
                "--resume keeps to the settings of the run (\(settings.command)); leave the other flags out, "
                    + "or start afresh without --resume")
        }
    }
}
