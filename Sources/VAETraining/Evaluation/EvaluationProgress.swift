internal import Synchronization

/// Tells a person at a terminal, or a log file, how far an evaluation is: on a terminal a line that is drawn over and over,
/// elsewhere a line every half minute.
public final class EvaluationProgress: Sendable {
    private struct State {
        var title = ""
        var total = 0
        var unit = ProgressLine.images
        var started = 0.0
        var lastDrawn = 0.0
        var isDrawn = false
    }

    private let interactive: Bool
    private let state = Mutex(State())
    private static let secondsBetweenDrawings = 0.1
    private static let secondsBetweenLines = 30.0

    /// Reports on standard output.
    public init() { interactive = Terminal.isInteractive }

    /// From now on it is about `total` images, or whatever `unit` says, and what `title` says is done with them.
    func begin(_ title: String, total: Int, unit: String = ProgressLine.images) {
        state.withLock { $0 = State(title: title, total: total, unit: unit, started: Clock.now, lastDrawn: Clock.now) }
    }

    /// `count` of them are done.
    func done(_ count: Int) {
        state.withLock { state in
            let now = Clock.now
            guard now - state.lastDrawn >= (interactive ? Self.secondsBetweenDrawings : Self.secondsBetweenLines)
            else { return }
            state.lastDrawn = now
            let line = ProgressLine(
                done: count, total: state.total, title: state.title,
                imagesPerSecond: Double(count) / max(now - state.started, 1e-9), unit: state.unit)
            if interactive {
                // Erasing to the end of the line leaves nothing of a longer one before.
                Terminal.write("\r\(line.text(width: max(Terminal.width - 1, 20)))\u{1B}[K")
                state.isDrawn = true
            } else {
                Terminal.write(line.text(width: 80) + "\n")
            }
        }
    }

    /// Takes the line away; gives the seconds since `begin`.
    @discardableResult
    func end() -> Double {
        state.withLock { state in
            if state.isDrawn { Terminal.write("\r\u{1B}[K") }
            state.isDrawn = false
            return Clock.now - state.started
        }
    }
}
