internal import ArgumentParser
internal import VAETraining

extension TrainCommand {
    /// The run that the flags describe: a new one, or the one to be continued.
    func makeTrainer() throws -> Trainer {
        if architecture == .conv64 {
            guard hidden.isEmpty else { throw Self.notOfConvolutions("--hidden") }
            guard activation == nil else { throw Self.notOfConvolutions("--activation") }
        }
        if resume {
            let run = try InterruptedRun(output: out)
            try refuseChanges(to: run.settings)
            var source = run.settings.data
            source.source = data.data ?? source.source
            return try Trainer(resuming: run, data: try Self.open(source), observer: TerminalReporter())
        }
        let settings = apply(to: TrainingSettings(data: data.data, output: out, architecture: architecture ?? .mlp))
        try settings.validate()
        return try Trainer(settings: settings, data: try Self.open(settings.data), observer: TerminalReporter())
    }

    /// The data, with what the user should know about how they were read.
    static func open(_ settings: DataSettings) throws -> DatasetPair {
        let pair = try DataSource.open(settings)
        let reporter = TerminalReporter()
        for note in pair.notes { reporter.note("note: \(note)") }
        return pair
    }

    /// `settings` with every flag that was given.
    private func apply(to settings: TrainingSettings) -> TrainingSettings {
        var settings = settings
        data.apply(to: &settings.data)
        trainingData.apply(to: &settings.data)
        settings.architecture = architecture ?? settings.architecture
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

    private static func notOfConvolutions(_ flag: String) -> ValidationError {
        ValidationError("\(flag) is of --architecture mlp; the layers of conv64 are fixed, so leave \(flag) out")
    }

    private func refuseChanges(to settings: TrainingSettings) throws {
        var changed = apply(to: settings)
        // A folder may have moved.
        changed.data.source = settings.data.source
        guard changed == settings else {
            throw ValidationError(
                "--resume keeps to the settings of the run (\(settings.command)); leave the other flags out, "
                    + "or start afresh without --resume")
        }
    }
}
