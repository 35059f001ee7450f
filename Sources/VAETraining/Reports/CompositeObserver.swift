/// Several observers as one; each hears everything, in their order.
public final class CompositeObserver: TrainingObserver {
    private let observers: [any TrainingObserver]

    /// Passes everything on to `observers`.
    public init(_ observers: [any TrainingObserver]) { self.observers = observers }

    /// To all, in order; so below.
    public func began(_ summary: String, wording: ReportWording) {
        for observer in observers { observer.began(summary, wording: wording) }
    }
    /// Passed on.
    public func learned(images: Int, of total: Int, epoch: Int) {
        for observer in observers { observer.learned(images: images, of: total, epoch: epoch) }
    }
    /// Passed on.
    public func stepped(_ result: StepResult) { for observer in observers { observer.stepped(result) } }
    /// Passed on.
    public func finished(_ result: EpochResult) { for observer in observers { observer.finished(result) } }
    /// Passed on.
    public func note(_ text: String) { for observer in observers { observer.note(text) } }
}
