internal import VAE

/// A run from its settings to the files it leaves: checkpoint, pictures and model card.
public final class Trainer {
    /// How a run ended.
    public enum Outcome: Sendable {
        /// All epochs done and all files written.
        case completed
        /// Stopped on request; `Trainer(resuming:)` goes on from the last step.
        case interrupted
    }

    /// What the run was told to do.
    public var settings: TrainingSettings { state.settings }
    var state: TrainingState
    let data: DatasetPair
    let team: ThreadTeam
    private let loop: MinibatchLoop
    let evaluator: Evaluator
    let observer: any TrainingObserver
    let processes: ProcessGroup
    let reports: RunReports
    private let isResumed: Bool
    let wording: ReportWording
    /// Once the weights are those that the validation examples liked best: which they are.
    private(set) var kept: TrainingRecord.Kept?

    /// Prepares a run from the start. Creates the output's folder and makes sure that it can be written.
    public convenience init(
        settings: TrainingSettings, data: DatasetPair, observer: any TrainingObserver, processes: ProcessGroup = .alone
    ) throws(TrainingError) {
        try settings.validate()
        if processes.isFirst { try OutputFiles.prepare(settings.output) }
        try self.init(
            state: try TrainingState(settings: settings, data: data), isResumed: false, data: data, observer: observer,
            processes: processes)
        if DataFile.exists(settings.resumePath) {
            self.observer.note(
                "note: \(settings.resumePath) of an interrupted run will be replaced; --resume would continue it")
        }
    }

    /// Prepares to go on with the interrupted run `run`, on the images it began with.
    public convenience init(
        resuming run: InterruptedRun, data: DatasetPair, observer: any TrainingObserver,
        processes: ProcessGroup = .alone
    ) throws(TrainingError) {
        if processes.isFirst { try OutputFiles.prepare(run.settings.output) }
        try run.state.check(data)
        try self.init(state: run.state, isResumed: true, data: data, observer: observer, processes: processes)
    }

    private init(
        state: TrainingState, isResumed: Bool, data: DatasetPair, observer: any TrainingObserver,
        processes: ProcessGroup
    ) throws(TrainingError) {
        self.state = state
        self.isResumed = isResumed
        self.data = data
        self.processes = processes
        try processes.requireSame("\(state.settings) \(state.position) \(state.fingerprints)")
        let position = state.position
        let objective = state.settings.objective
        wording = ReportWording(
            state.architecture, items: data.items, draws: objective.kind == .iwae ? objective.samples : 1)
        reports = RunReports(
            output: state.settings.output, epochs: state.settings.epochs,
            resumingAfter: position.step == 0 ? nil : ReportPlace(epochs: position.epoch, step: position.step),
            wording: wording, observer: observer)
        self.observer = processes.isFirst ? CompositeObserver([observer, reports]) : SilentObserver()
        let team = try ThreadTeam(count: state.settings.threads)
        self.team = team
        let shares = team.count * processes.count
        guard shares <= state.settings.batchSize else {
            throw .setting(
                "mpirun -n \(processes.count), --threads \(team.count): expected at most one thread per image of a "
                    + "minibatch (--batch-size \(state.settings.batchSize))")
        }
        let rows = (state.settings.batchSize + shares - 1) / shares
        do throws(ModelError) {
            let workers = try Evaluator.workers(
                state.architecture, team: team, maximumRows: rows, objective: state.settings.objective,
                augmentation: state.settings.data.augmentation)
            loop = MinibatchLoop(
                state, dataset: data.train, team: team, processes: processes, workers: workers)
            evaluator = Evaluator(team: team, processes: processes, workers: workers)
        } catch { throw .model(error) }
    }

    /// Trains until all epochs are done, or until `shouldStop`, asked after every step, says so.
    ///
    /// Whenever an epoch ends, and when it is stopped, the run is kept beside the output, so that it can be resumed.
    public func run(shouldStop isRequested: @escaping @Sendable () -> Bool) throws(TrainingError) -> Outcome {
        // What stops one process stops all, at the same step.
        let shouldStop: @Sendable () -> Bool = { [processes] in processes.any(isRequested()) }
        try checkSelection()
        observer.began(summary, wording: wording)
        guard try pretrain(shouldStop: shouldStop) else { return try stop() }
        var evaluation: Evaluation?
        var effort = Effort()
        while state.position.epoch < settings.epochs, !hasStoppedImproving {
            effort += try learn(shouldStop: shouldStop)
            guard state.position.image == data.train.count else {
                if shouldStop() { return try stop() }
                keep()
                continue
            }
            let epoch = state.position.epoch + 1
            evaluation =
                epoch == settings.epochs || epoch % settings.evaluateEvery == 0 ? try evaluate() : nil
            var result = result(of: epoch, effort, evaluation)
            if evaluation != nil { result.scalars.merge(try compareWithBest(after: epoch)) { $1 } }
            observer.finished(result)
            if let evaluation, processes.isFirst, reports.wantsPictures(afterEpoch: epoch) {
                reports.show(
                    checkpoint(evaluation), seed: settings.seed, images: data.test, step: state.position.step)
            }
            state.position.endEpoch()
            effort = Effort()
            if state.position.epoch < settings.epochs, shouldStop() { return try stop() }
            keep()
        }
        kept = restoreBest()
        if kept != nil { evaluation = nil }
        if evaluation == nil { evaluation = try evaluate() }
        if let evaluation, processes.isFirst {
            do throws(TrainingError) { try writeResults(evaluation) } catch {
                if DataFile.exists(settings.resumePath) {
                    observer.note("the trained weights are kept; once it can be written: \(settings.resumeCommand)")
                }
                throw error
            }
        }
        return .completed
    }

    /// A layer at a time, if the run is to begin so; false when `shouldStop` said so.
    private func pretrain(shouldStop: @escaping @Sendable () -> Bool) throws(TrainingError) -> Bool {
        guard settings.layerwiseEpochs > 0 else { return true }
        let pretraining = LayerwisePretraining(
            state, train: data.train, team: team, processes: processes, observer: observer)
        guard state.position.pretrainedLayers < pretraining.layers else { return true }
        // Without it, nothing says what the file of a layer belongs to.
        keep()
        while state.position.pretrainedLayers < pretraining.layers {
            let layer = state.position.pretrainedLayers
            guard try pretraining.train(layer: layer, resumed: isResumed, shouldStop: shouldStop) else { return false }
            state.position.pretrainedLayers += 1
            keep()
        }
        if processes.isFirst { pretraining.removeKept() }
        return true
    }

    /// What some steps took.
    private struct Effort {
        var seconds = 0.0
        var images = 0

        static func += (sum: inout Effort, other: Effort) {
            sum.seconds += other.seconds
            sum.images += other.images
        }
    }

    /// Goes on to the end of the epoch, to the next step after which the run is kept, or until `shouldStop`.
    private func learn(shouldStop: @escaping @Sendable () -> Bool) throws(TrainingError) -> Effort {
        let first = state.position.image
        let epoch = state.position.epoch
        let perEpoch = data.train.count
        let total = settings.epochs * perEpoch
        let pause = settings.nextKeep(after: first)
        let start = Clock.now
        state.position = try loop.run(
            from: state.position, report: { [observer] in observer.stepped($0) },
            afterStep: { [observer] images in
                observer.learned(images: epoch * perEpoch + images, of: total, epoch: epoch + 1)
                return images >= pause || shouldStop()
            })
        return Effort(seconds: Clock.now - start, images: state.position.image - first)
    }

    private func result(of epoch: Int, _ effort: Effort, _ evaluation: Evaluation?) -> EpochResult {
        let position = state.position
        // Where the last step of the epoch began, which is what it was taken with.
        let lastStep = (data.train.count - 1) / settings.batchSize * settings.batchSize
        let epochs = Double(epoch - 1) + Double(lastStep) / Double(data.train.count)
        return EpochResult(
            epoch: epoch, epochs: settings.epochs, train: position.terms.means, objective: position.terms.meanObjective,
            test: evaluation?.terms, seconds: effort.seconds, images: effort.images,
            skippedSteps: position.skippedSteps, step: position.step,
            beta: settings.objective.weights(after: epochs).beta,
            learningRate: settings.optimiser.learningRate(after: epochs, of: Double(settings.epochs)),
            gradientNorm: position.norms == 0 ? nil : position.gradientNorms / Double(position.norms),
            perDimensionKL: wording.hasKL ? evaluation?.perDimensionKL ?? [] : [],
            scalars: evaluation?.scalars ?? [:])
    }

    /// A full disk now may be an empty one later: not a reason to throw the run away.
    private func keep() {
        guard processes.isFirst else { return }
        do throws(CheckpointError) { try state.save() } catch {
            observer.note("warning: the run could not be kept for --resume: \(error)")
        }
    }

    func evaluate() throws(TrainingError) -> Evaluation {
        try evaluator.evaluate(state.weights.result, on: data.test, seed: settings.seed)
    }

    private func stop() throws(TrainingError) -> Outcome {
        guard processes.isFirst else { return .interrupted }
        do throws(CheckpointError) { try state.save() } catch { throw .checkpoint(error) }
        reports.conclude(
            checkpoint(nil), seed: settings.seed, images: data.test,
            outcome: .interrupted(resumeCommand: settings.resumeCommand))
        let layer = state.position.pretrainedLayers + 1
        let place =
            settings.layerwiseEpochs > 0 && layer <= settings.layers
            ? "in layer \(layer)" : "after step \(state.position.step)"
        observer.note("stopped \(place); to go on: \(settings.resumeCommand)")
        return .interrupted
    }
}
