internal import Glibc
internal import Synchronization

/// A place where a fixed number of threads wait for each other, again and again.
///
/// It spins for some microseconds, since the shares of a minibatch end almost together, and then sleeps, so that a
/// machine with other work to do is not held up.
/// `@unchecked Sendable` because the mutable state is atomic, or the system's lock and condition at fixed addresses.
@safe final class Barrier: @unchecked Sendable {
    private let count: Int
    private let arrived = Atomic<Int>(0)
    private let round = Atomic<Int>(0)
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    /// Looks at `round` before going to sleep: about 50 µs.
    private static let spins = 20_000

    init(count: Int) {
        self.count = count
        unsafe lock = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(lock)
        unsafe condition.deallocate()
        unsafe lock.deallocate()
    }

    /// Returns once all threads have called it. What a thread wrote before is visible to all after.
    func wait() {
        let current = round.load(ordering: .acquiring)
        if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == count {
            arrived.store(0, ordering: .relaxed)
            unsafe pthread_mutex_lock(lock)
            round.store(current &+ 1, ordering: .releasing)
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(lock)
            return
        }
        for _ in 0..<Self.spins where round.load(ordering: .acquiring) != current { return }
        unsafe pthread_mutex_lock(lock)
        while round.load(ordering: .acquiring) == current { unsafe pthread_cond_wait(condition, lock) }
        unsafe pthread_mutex_unlock(lock)
    }
}
