internal import Synchronization

extension ThreadTeam {
    /// Calls `body(thread, item)` once for each of `count` items, in order of their numbers but on whichever thread is
    /// free: one that is held up by other work on the machine holds up nobody else. Gives the number of items done: fewer
    /// than `count` when `shouldStop`, asked before every item, said so, or when `body` said that it gave up on one.
    /// Throws the first failure.
    ///
    /// `progress` is told on the calling thread how many items are done.
    @discardableResult
    func forEach(
        _ count: Int, progress: @escaping @Sendable (Int) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false },
        _ body: @escaping @Sendable (_ thread: Int, _ item: Int) throws(TrainingError) -> Bool
    ) throws(TrainingError) -> Int {
        let list = ItemList(count: count)
        let work: Work = { thread in
            while !shouldStop(), let item = list.take() {
                do throws(TrainingError) {
                    guard try body(thread, item) else { return }
                } catch { return list.fail(error) }
                let done = list.finish()
                if thread == 0 { progress(done) }
            }
        }
        run(work)
        return try list.result()
    }

    /// Which item is next, and how it went.
    private final class ItemList: Sendable {
        private let count: Int
        private let next = Atomic<Int>(0)
        private let done = Atomic<Int>(0)
        private let failure = Mutex<TrainingError?>(nil)

        init(count: Int) { self.count = count }

        func take() -> Int? {
            let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return item < count ? item : nil
        }

        func finish() -> Int { done.wrappingAdd(1, ordering: .relaxed).newValue }

        /// The first failure counts; the other threads find nothing left to do.
        func fail(_ error: TrainingError) {
            failure.withLock { $0 = $0 ?? error }
            next.store(count, ordering: .relaxed)
        }

        func result() throws(TrainingError) -> Int {
            if let failure = failure.withLock({ $0 }) { throw failure }
            return done.load(ordering: .relaxed)
        }
    }
}
