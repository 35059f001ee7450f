internal import Synchronization
internal import VAE

/// Work on many files at once, on all cores.
enum ParallelReading {
    /// Runs `body` for every number below `count`, on as many threads as are worth it.
    ///
    /// Throws what the lowest number threw; numbers above it may not have been run then.
    static func forEach(
        _ count: Int, _ body: @escaping @Sendable (Int) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        let crew = Crew(count: count, body: body)
        let threads = min(count, TrainingSettings.availableThreads)
        if threads > 1, let team = try? ThreadTeam(count: threads) {
            team.run { _ in crew.work() }
        } else {
            crew.work()
        }
        if let error = crew.error { throw error }
    }

    private final class Crew: Sendable {
        private let next = Atomic<Int>(0)
        private let failure = Mutex<(index: Int, error: DatasetError)?>(nil)
        private let count: Int
        private let body: @Sendable (Int) throws(DatasetError) -> Void

        init(count: Int, body: @escaping @Sendable (Int) throws(DatasetError) -> Void) {
            self.count = count
            self.body = body
        }

        var error: DatasetError? { failure.withLock { $0?.error } }

        func work() {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                // Numbers are handed out in order, so all below a failed one have been or will be run.
                guard index < count, failure.withLock({ $0 == nil }) else { return }
                do throws(DatasetError) { try body(index) } catch {
                    failure.withLock { failure in
                        if index < failure?.index ?? .max { failure = (index, error) }
                    }
                }
            }
        }
    }
}
