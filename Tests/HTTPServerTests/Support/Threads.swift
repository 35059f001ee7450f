import Glibc
import Synchronization

/// Runs `work` on a thread of its own, so that a blocked test client does not hold up the test runner's threads.
func startThread(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(Box(work)).toOpaque()
    let result = unsafe pthread_create(
        &thread, nil,
        { argument in
            unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().work()
            return nil
        }, argument)
    precondition(result == 0, "cannot start a thread")
    pthread_detach(thread)
}

/// Runs `work` once per number on as many threads and waits for all.
func concurrently(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    let left = Countdown(count)
    for index in 0..<count {
        startThread {
            work(index)
            left.decrement()
        }
    }
    precondition(waitUntil(seconds: 60) { left.isZero }, "a test thread did not end")
}

final class Countdown: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    func decrement() { left.subtract(1, ordering: .sequentiallyConsistent) }
    var isZero: Bool { left.load(ordering: .sequentiallyConsistent) == 0 }
}

/// Polls `condition`; false when it is still false after `seconds`.
func waitUntil(seconds: Int = 10, _ condition: () -> Bool) -> Bool {
    for _ in 0..<seconds * 500 {
        if condition() { return true }
        usleep(2000)
    }
    return condition()
}
