internal import ArgumentParser
internal import VAETraining

extension TrainCommand {
    /// The run that the flags describe: a new one, or the one to be continued.
    func makeTrainer(_ processes: ProcessGroup) throws -> Trainer {
        if resume {
            let run = try InterruptedRun(output: out)
            try refuseChanges(to: run.settings)
            let images = try Self.images(data ?? run.settings.data, interactions: run.settings.interactions)
            return try Trainer(resuming: run, data: images, observer: TerminalReporter(), processes: processes)
        }
        let settings = try apply(to: plainSettings)
        try settings.validate()
        return try Trainer(
            settings: settings, data: try Self.images(data, interactions: settings.interactions),
            observer: TerminalReporter(), processes: processes)
    }

    /// The settings without flags, which are those of images or of users and items.
    private var plainSettings: TrainingSettings {
        guard let data, InteractionSource.isNamed(by: data) else {
            return TrainingSettings(data: data, output: out, architecture: model.architecture ?? .mlp)
        }
        return .recommendation(data: data, output: out, epochs: runFlags.epochs, kind: objective.objective)
    }

    static func images(
        _ source: String?, interactions: InteractionSettings = InteractionSettings()
    ) throws -> DatasetPair {
        guard let source else { return try ProceduralShapes.pair() }
        if InteractionSource.isNamed(by: source) {
            return try InteractionSource.load(source, settings: interactions).datasets()
        }
        if let side = try ProceduralShapes.side(named: source) { return try ProceduralShapes.pair(side: side) }
        return try DatasetPair(directory: source)
    }

    /// `settings` with every flag that was given.
    private func apply(to settings: TrainingSettings) throws -> TrainingSettings {
        var settings = settings
        try model.apply(to: &settings)
        objective.apply(to: &settings.objective)
        optimiser.apply(to: &settings.optimiser)
        runFlags.apply(to: &settings)
        interactions.apply(to: &settings.interactions)
        return settings
    }

    private func refuseChanges(to settings: TrainingSettings) throws {
        guard try apply(to: settings) == settings else {
            throw ValidationError(
                "--resume keeps to the settings of the run (\(settings.command)); leave the other flags out, "
                    + "or start afresh without --resume")
        }
    }
}
