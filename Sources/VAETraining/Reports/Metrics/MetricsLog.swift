internal import VAE

/// `NAME.metrics.jsonl`: one JSON object a line, each handed to the system before training goes on.
final class MetricsLog {
    private let file: GrowingFile
    /// Of all whole epochs, also those before an interruption; the KL per dimension is that of the last that has it.
    private(set) var epochs: [MetricsRecord]

    /// A log from the beginning.
    init(path: String) throws(TrainingError) {
        epochs = []
        file = try GrowingFile(path)
    }

    /// Goes on with the log of an interrupted run: lines beyond `place`, and what a killed process has left of a line,
    /// are cut off. A log that is not there begins with the next line.
    init(path: String, resumingAfter place: ReportPlace) throws(TrainingError) {
        let (epochs, length) = Self.read(path, until: place)
        self.epochs = epochs
        file = try GrowingFile(path, keeping: length)
    }

    func append(_ record: MetricsRecord) throws(TrainingError) {
        Self.remember(record, in: &epochs)
        let line: String
        do { line = try CanonicalJSON.string(record) } catch { throw .system("\(file.path): \(error)") }
        try file.append(Array((line + "\n").utf8))
        if record.kind == .epoch { file.sync() }
    }

    private static func remember(_ record: MetricsRecord, in epochs: inout [MetricsRecord]) {
        guard record.kind == .epoch else { return }
        if record.perDimensionKL != nil, let last = epochs.lastIndex(where: { $0.perDimensionKL != nil }) {
            epochs[last].perDimensionKL = nil
        }
        epochs.append(record)
    }

    /// The epochs among the whole lines of the file that are not beyond `place`, and the bytes of those lines.
    private static func read(_ path: String, until place: ReportPlace) -> (epochs: [MetricsRecord], length: Int) {
        var epochs: [MetricsRecord] = []
        var length = 0
        WholeLines.read(path) { line, byteCount in
            guard let record = try? CanonicalJSON.decode(MetricsRecord.self, from: line) else { return false }
            switch record.kind {
            case .epoch: guard record.epoch <= place.epochs else { return false }
            case .step: guard record.step <= place.step else { return false }
            }
            remember(record, in: &epochs)
            length += byteCount + 1
            return true
        }
        return (epochs, length)
    }
}
