import Synchronization

@testable import VAETraining

/// Keeps what a run reports.
final class QuietObserver: TrainingObserver {
    let notes = Mutex<[String]>([])
    let results = Mutex<[EpochResult]>([])

    func began(_ summary: String, wording: ReportWording) {}
    func learned(images: Int, of total: Int, epoch: Int) {}
    func finished(_ result: EpochResult) { results.withLock { $0.append(result) } }
    func note(_ text: String) { notes.withLock { $0.append(text) } }
}
