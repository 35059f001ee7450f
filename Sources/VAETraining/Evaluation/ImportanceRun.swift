internal import Synchronization

/// What the threads of a `LogLikelihoodEstimator` share in a run: which image is next, and what came out.
final class ImportanceRun: Sendable {
    private let count: Int
    private let next = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)
    private let estimates: Mutex<[ImportanceEstimate?]>
    private let failure = Mutex<TrainingError?>(nil)

    /// Over `count` images.
    init(count: Int) {
        self.count = count
        estimates = Mutex(Array(repeating: nil, count: count))
    }

    /// Images done so far.
    var done: Int { finished.load(ordering: .relaxed) }

    /// The number of an image that nobody works on yet; nil when there is none, or when the run has failed.
    func take() -> Int? {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < count ? number : nil
    }

    /// Keeps the estimate of image `number`; one that is no number ends the run.
    func store(_ estimate: ImportanceEstimate, number: Int) {
        guard estimate.bound.isFinite else {
            return fail(
                .diverged("image \(number): ln p(x) came out as \(estimate.bound); expected a finite number"))
        }
        estimates.withLock { $0[number] = estimate }
        finished.wrappingAdd(1, ordering: .relaxed)
    }

    /// Ends the run; the first failure counts.
    func fail(_ error: TrainingError) {
        failure.withLock { $0 = $0 ?? error }
        next.store(count, ordering: .relaxed)
    }

    /// What has been stored, in the order of the images; throws what went wrong.
    func result() throws(TrainingError) -> [ImportanceEstimate] {
        if let failure = failure.withLock({ $0 }) { throw failure }
        return estimates.withLock { $0.compactMap(\.self) }
    }
}
