internal import Glibc

/// SIGTERM, SIGINT and SIGHUP as calls that return, instead of handlers in which almost nothing is allowed.
///
/// Create it first thing in `main`: the mask is inherited by threads started later, and a thread with the signals
/// unblocked would be killed by them.
public struct TerminationSignals: Sendable {
    /// Blocks them in this thread and those it starts.
    public init() {
        var set = Self.set(SIGTERM, SIGINT, SIGHUP)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // Under nohup it would be ignored, and never seen by `wait`.
        signal(SIGHUP, SIG_DFL)
    }

    /// Waits for SIGTERM or SIGINT and returns its number. Meanwhile every SIGHUP calls `reload`, on this thread; those
    /// that come while it runs count as one.
    public func wait(reload: () -> Void = {}) -> Int32 {
        var set = Self.set(SIGTERM, SIGINT, SIGHUP)
        while true {
            var signal: Int32 = 0
            guard unsafe sigwait(&set, &signal) == 0 else { continue }
            if signal != SIGHUP { return signal }
            reload()
        }
    }

    /// From now on the next signal ends the process at once, with `status`: whoever asks twice means now.
    public func exitOnNext(status: Int32) {
        var thread = pthread_t()
        let argument = unsafe UnsafeMutableRawPointer(bitPattern: Int(status) + 1)
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                _ = TerminationSignals().wait()
                _exit(Int32(truncatingIfNeeded: Int(bitPattern: argument) - 1))
            }, argument)
        if result == 0 { pthread_detach(thread) }
    }

    private static func set(_ signals: Int32...) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }
}
