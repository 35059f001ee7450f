internal import Glibc
internal import Synchronization

/// Ctrl-C, SIGTERM and the end of the terminal as a request: the first asks the run to stop at the next step, the second
/// ends the process.
public enum Interruption {
    /// Exit status of a run that was interrupted.
    public static let exitStatus: Int32 = 130
    private static let requests = Atomic<Int>(0)

    /// Takes the signals over. SIGHUP stays ignored where it is (`nohup`); and nobody dies of a reader of its lines that
    /// has gone (`| tee`, `| head`).
    public static func install() {
        // The global is initialised here, so that the handler only adds.
        requests.store(0, ordering: .relaxed)
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGINT, SIGTERM, SIGHUP] where number != SIGHUP || !isIgnored(number) {
            signal(number) { _ in
                if Interruption.requests.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
                    _exit(Interruption.exitStatus)
                }
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        let before = signal(number, SIG_IGN)
        let (found, ignored) = unsafe (unsafeBitCast(before, to: Int.self), unsafeBitCast(SIG_IGN, to: Int.self))
        if found != ignored { signal(number, before) }
        return found == ignored
    }

    /// Whether a signal has come.
    public static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }
}
