internal import ArgumentParser
internal import VAETraining

extension TrainCommand {
    /// The run that the flags describe: a new one, or the one to be continued.
    func makeTrainer(_ processes: ProcessGroup) throws -> Trainer {
        if resume {
            let run = try InterruptedRun(output: out)
            try refuseChanges(to: run.settings)
            var source = run.settings.data
            source.source = data.data ?? source.source
            return try Trainer(
                resuming: run, data: try Self.open(source), observer: TerminalReporter(), processes: processes)
        }
        let settings = try apply(to: plainSettings)
        try settings.validate()
        return try Trainer(
            settings: settings, data: try Self.open(settings.data), observer: TerminalReporter(),
            processes: processes)
    }

    /// The settings without flags, which are those of images or of users and items.
    private var plainSettings: TrainingSettings {
        .standard(
            data: data.data, output: out, architecture: model.architecture ?? .mlp, epochs: runFlags.epochs,
            kind: objective.objective)
    }

    /// The data, with what the user should know about how they were read.
    static func open(_ settings: DataSettings) throws -> DatasetPair {
        let pair = try DataSource.open(settings)
        let reporter = TerminalReporter()
        for note in pair.notes { reporter.note("note: \(note)") }
        return pair
    }

    /// `settings` with every flag that was given.
    private func apply(to settings: TrainingSettings) throws -> TrainingSettings {
        var settings = settings
        data.apply(to: &settings.data)
        trainingData.apply(to: &settings.data)
        try model.apply(to: &settings)
        objective.apply(to: &settings.objective)
        optimiser.apply(to: &settings.optimiser)
        runFlags.apply(to: &settings)
        // A mean between 0 and 1 is of codes between 0 and 1.
        if settings.objective.sparsity != nil { settings.codeActivation = settings.codeActivation ?? .sigmoid }
        return settings
    }

    private func refuseChanges(to settings: TrainingSettings) throws {
        var changed = try apply(to: settings)
        // A folder may have moved.
        changed.data.source = settings.data.source
        guard changed == settings else {
            throw ValidationError(
                "--resume keeps to the settings of the run (\(settings.command)); leave the other flags out, "
                    + "or start afresh without --resume")
        }
    }
}
