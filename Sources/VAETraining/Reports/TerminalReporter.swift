internal import Synchronization
internal import VAE

/// Tells a person at a terminal, or a log file, how a run goes.
///
/// On a terminal the progress line is drawn over and over in its place. Elsewhere only whole lines appear: one per
/// epoch, and in long epochs one every half minute.
public final class TerminalReporter: TrainingObserver {
    private struct Rate {
        var lastDrawn = 0.0
        var started: (time: Double, images: Int)?
        var isDrawn = false
    }

    private let interactive: Bool
    private let rate = Mutex(Rate())
    private let wording = Mutex(ReportWording())
    private static let secondsBetweenDrawings = 0.1
    private static let secondsBetweenLines = 30.0

    /// Reports on standard output.
    public init() { interactive = Terminal.isInteractive }

    /// Prints the summary and what the columns mean.
    public func began(_ summary: String, wording: ReportWording) {
        self.wording.withLock { $0 = wording }
        line(summary)
        line(wording.columns)
    }

    /// Draws the progress line ten times a second.
    public func learned(images: Int, of total: Int, epoch: Int) {
        let now = Clock.now
        let examples = wording.withLock { $0.examples }
        rate.withLock { rate in
            guard let started = rate.started else {
                rate.started = (now, images)
                rate.lastDrawn = now
                return
            }
            let pause = interactive ? Self.secondsBetweenDrawings : Self.secondsBetweenLines
            guard now - rate.lastDrawn >= pause else { return }
            rate.lastDrawn = now
            let progress = ProgressLine(
                done: images, total: total, epoch: epoch,
                imagesPerSecond: Double(images - started.images) / max(now - started.time, 1e-9), unit: examples)
            if interactive {
                // Erasing to the end of the line leaves nothing of a longer one before.
                Terminal.write("\r\(progress.text(width: max(Terminal.width - 1, 20)))\u{1B}[K")
                rate.isDrawn = true
            } else {
                Terminal.write(progress.text(width: 80) + "\n")
            }
        }
    }

    /// One line of figures.
    public func finished(_ result: EpochResult) {
        let wording = wording.withLock { $0 }
        let rate = Double(result.images) / max(result.seconds, 1e-9)
        let digits = String(result.epochs).count
        var text = "epoch \(FixedPoint.pad(String(result.epoch), digits))/\(result.epochs)"
        text += "  train \(wording.describe(result.train))"
        if abs(result.objective - result.train.loss) > 5e-3 {
            text += "  minimised \(FixedPoint.string(result.objective, decimals: 2))"
        }
        if let test = result.test { text += "  test \(wording.describe(test))" }
        for (name, value) in result.scalars.sorted(by: { $0.key < $1.key }) {
            text += "  \(name) \(FixedPoint.string(value, decimals: 4))"
        }
        text += "  \(FixedPoint.string(rate, decimals: 0)) \(wording.examples)/s"
        text += "  \(FixedPoint.string(result.seconds, decimals: 2)) s"
        if result.skippedSteps > 0 { text += "  \(result.skippedSteps) steps skipped (not finite)" }
        line(text)
    }

    /// The text as a line of its own.
    public func note(_ text: String) { line(text) }

    private func line(_ text: String) {
        rate.withLock { rate in
            Terminal.write((rate.isDrawn ? "\r\u{1B}[K" : "") + text + "\n")
            rate.isDrawn = false
            rate.started = nil
        }
    }
}
