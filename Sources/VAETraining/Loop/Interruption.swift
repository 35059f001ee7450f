internal import Glibc
internal import Synchronization

/// Ctrl-C and SIGTERM as a request: the first asks the run to stop at the next step, the second ends the process.
public enum Interruption {
    /// Exit status of a run that was interrupted.
    public static let exitStatus: Int32 = 130
    private static let requests = Atomic<Int>(0)

    /// Takes the two signals over.
    public static func install() {
        // The global is initialised here, so that the handler only adds.
        requests.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                if Interruption.requests.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
                    _exit(Interruption.exitStatus)
                }
            }
        }
    }

    /// Whether a signal has come.
    public static var isRequested: Bool { requests.load(ordering: .relaxed) > 0 }
}
