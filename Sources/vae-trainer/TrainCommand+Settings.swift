internal import ArgumentParser
internal import VAETraining

extension TrainCommand {
    /// The run that the flags describe: a new one, or the one to be continued.
    func makeTrainer(_ processes: ProcessGroup) throws -> Trainer {
        if resume {
            let run = try InterruptedRun(output: out)
            try refuseChanges(to: run.settings)
            let images = try Self.images(data ?? run.settings.data)
            return try Trainer(resuming: run, data: images, observer: TerminalReporter(), processes: processes)
        }
        let settings = try apply(
            to: TrainingSettings(data: data, output: out, architecture: model.architecture ?? .mlp))
        try settings.validate()
        return try Trainer(
            settings: settings, data: try Self.images(data), observer: TerminalReporter(), processes: processes)
    }

    static func images(_ source: String?) throws -> DatasetPair {
        guard let source else { return try ProceduralShapes.pair() }
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
