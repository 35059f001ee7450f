internal import Synchronization
internal import VAE

/// What a run leaves to look at, beside its checkpoint: `NAME.metrics.jsonl` and the event file in `NAME.tensorboard`
/// while it goes, `NAME.report.html` when it ends or is interrupted.
///
/// None of them is worth a run: what cannot be written becomes a warning, once, and training goes on.
final class RunReports: TrainingObserver {
    /// Epochs whose pictures go into the event file, over a whole run: enough to watch, too few to fill a disk.
    static let picturedEpochs = 50

    private struct State {
        var metrics: MetricsLog?
        var events: EventFile?
        /// Files that have been complained about.
        var warned: Set<String> = []
    }

    private let output: String
    private let stem: String
    private let plannedEpochs: Int
    private let place: ReportPlace?
    private let wording: ReportWording
    private let observer: any TrainingObserver
    private let state = Mutex(State())

    /// Reports of the run that writes `output` (`NAME.safetensors`) in `epochs` epochs; warnings go to `observer`.
    /// With `place`, the files of the run so far are continued from there. Nothing is written before there is something
    /// to report.
    init(
        output: String, epochs: Int, resumingAfter place: ReportPlace?, wording: ReportWording = ReportWording(),
        observer: any TrainingObserver
    ) {
        self.output = output
        stem = String(output.dropLast(TrainingSettings.suffix.count))
        plannedEpochs = epochs
        self.place = place
        self.wording = wording
        self.observer = observer
    }

    var metricsPath: String { stem + ".metrics.jsonl" }
    var eventsFolder: String { stem + ".tensorboard" }
    var reportPath: String { stem + ".report.html" }

    func began(_ summary: String, wording: ReportWording) {}
    func learned(images: Int, of total: Int, epoch: Int) {}
    func note(_ text: String) {}

    func stepped(_ result: StepResult) {
        log(MetricsRecord(result, time: Clock.wall))
        show { events throws(TrainingError) in try events.append(result) }
    }

    func finished(_ result: EpochResult) {
        log(MetricsRecord(result, time: Clock.wall))
        show { events throws(TrainingError) in try events.append(result) }
    }

    /// Whether `show(_:of:step:)` is worth its time after epoch `epoch` (from 1).
    func wantsPictures(afterEpoch epoch: Int) -> Bool {
        let pause = (plannedEpochs + Self.picturedEpochs - 1) / Self.picturedEpochs
        return epoch == plannedEpochs || epoch % max(pause, 1) == 0
    }

    /// Puts what the model makes of the prior and of `images` into the event file.
    func show(_ checkpoint: Checkpoint, seed: UInt64, images: any Dataset, step: UInt64) {
        let pictures = pictures(checkpoint, seed: seed, images: images)
        var summary = Summary()
        if let samples = pictures.samples { summary.addImage("samples", png: samples) }
        if let reconstructions = pictures.reconstructions { summary.addImage("reconstructions", png: reconstructions) }
        guard !summary.isEmpty else { return }
        show { events throws(TrainingError) in try events.append(summary, step: step) }
    }

    /// Writes the page, from everything reported so far and what `checkpoint` says about itself.
    func conclude(_ checkpoint: Checkpoint, seed: UInt64, images: any Dataset, outcome: ReportOutcome) {
        let card = ModelCard(checkpoint, path: output)
        let pictures = pictures(checkpoint, seed: seed, images: images)
        let page = ReportPage(
            name: stem.split(separator: "/").last.map(String.init) ?? stem,
            facts: card.settings, training: checkpoint.training, outcome: outcome, wording: wording,
            plannedEpochs: plannedEpochs, epochs: epochs, samples: pictures.samples,
            reconstructions: pictures.reconstructions)
        do throws(CheckpointError) {
            try AtomicFile.write(Array(page.html.utf8), to: reportPath)
            observer.note("wrote \(reportPath)")
        } catch { warn(reportPath, .checkpoint(error)) }
    }

    /// Of the whole run, those before an interruption among them.
    private var epochs: [MetricsRecord] {
        openMetrics()
        return state.withLock { $0.metrics?.epochs ?? [] }
    }

    private func pictures(
        _ checkpoint: Checkpoint, seed: UInt64, images: any Dataset
    ) -> (samples: [UInt8]?, reconstructions: [UInt8]?) {
        guard wording.showsReconstructions else { return (nil, nil) }
        do throws(TrainingError) {
            let pictures = try Pictures(checkpoint, seed: seed)
            let reconstructions = try pictures.reconstructions(of: images)
            return (wording.showsSamples ? try pictures.samples() : nil, reconstructions)
        } catch {
            warn("pictures", error)
            return (nil, nil)
        }
    }

    private func openMetrics() {
        attempt(metricsPath) { state throws(TrainingError) in
            guard state.metrics == nil else { return }
            state.metrics =
                if let place { try MetricsLog(path: metricsPath, resumingAfter: place) } else {
                    try MetricsLog(path: metricsPath)
                }
        }
    }

    private func log(_ record: MetricsRecord) {
        openMetrics()
        attempt(metricsPath) { state throws(TrainingError) in try state.metrics?.append(record) }
    }

    private func show(_ append: (EventFile) throws(TrainingError) -> Void) {
        attempt(eventsFolder) { state throws(TrainingError) in
            if state.events == nil { state.events = try EventFile(folder: eventsFolder, resumingAfter: place) }
            if let events = state.events { try append(events) }
        }
    }

    private func attempt(_ file: String, _ body: (inout State) throws(TrainingError) -> Void) {
        let failure: TrainingError? = state.withLock { state in
            do throws(TrainingError) {
                try body(&state)
                return nil
            } catch { return error }
        }
        if let failure { warn(file, failure) }
    }

    private func warn(_ file: String, _ error: TrainingError) {
        guard state.withLock({ $0.warned.insert(file).inserted }) else { return }
        observer.note("warning: \(error); training goes on without this report")
    }
}
