/// Several observers as one; each hears everything, in their order.
public final class CompositeObserver: TrainingObserver {
    private let observers: [any TrainingObserver]

    /// Passes everything on to `observers`.
    public init(_ observers: [any TrainingObserver]) { self.observers = observers }

    public func began(_ summary: String) { for observer in observers { observer.began(summary) } }
    public func learned(images: Int, of total: Int, epoch: Int) {
        for observer in observers { observer.learned(images: images, of: total, epoch: epoch) }
    }
    public func stepped(_ result: StepResult) { for observer in observers { observer.stepped(result) } }
    public func finished(_ result: EpochResult) { for observer in observers { observer.finished(result) } }
    public func note(_ text: String) { for observer in observers { observer.note(text) } }
}
