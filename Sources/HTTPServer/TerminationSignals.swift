internal import Glibc

/// SIGTERM and SIGINT as calls that return, instead of handlers in which almost nothing is allowed.
///
/// Create it first thing in `main`: the mask is inherited by threads started later, and a thread with the signals
/// unblocked would be killed by them.
public struct TerminationSignals: Sendable {
    /// Blocks SIGTERM and SIGINT in this thread and those it starts.
    public init() {
        var set = Self.set
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for SIGTERM or SIGINT and returns its number.
    public func wait() -> Int32 {
        var set = Self.set
        var signal: Int32 = 0
        while unsafe sigwait(&set, &signal) != 0 {}
        return signal
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

    private static var set: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        return set
    }
}
