/// Of the processes that leave the talking to the first.
final class SilentObserver: TrainingObserver {
    func began(_ summary: String, wording: ReportWording) {}
    func learned(images: Int, of total: Int, epoch: Int) {}
    func finished(_ result: EpochResult) {}
    func note(_ text: String) {}
}
