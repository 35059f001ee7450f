/// Hears how a run goes. Called on the thread that runs it.
public protocol TrainingObserver: AnyObject, Sendable {
    /// Before the first step, with one line about what will be done, and what its figures are called.
    func began(_ summary: String, wording: ReportWording)
    /// After a step: `images` of `total` images of the whole run are done. Called hundreds of times a second.
    func learned(images: Int, of total: Int, epoch: Int)
    /// After one step in so many.
    func stepped(_ result: StepResult)
    /// After an epoch and its evaluation.
    func finished(_ result: EpochResult)
    /// Something worth a line: a warning, a file written.
    func note(_ text: String)
}

extension TrainingObserver {
    /// Most look at epochs.
    public func stepped(_ result: StepResult) {}
}
