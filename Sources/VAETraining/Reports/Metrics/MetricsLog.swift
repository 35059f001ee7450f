internal import VAE

/// `NAME.metrics.jsonl`: one JSON object a line, each handed to the system before training goes on.
final class MetricsLog {
    private let file: GrowingFile
    /// Of all whole epochs, also those before an interruption; the KL per dimension of the last one only.
    private(set) var epochs: [MetricsRecord] = []

    /// A log from the beginning.
    init(path: String) throws(TrainingError) { file = try GrowingFile(path) }

    /// Goes on with the log of an interrupted run: lines beyond `place`, and what a killed process has left of a line,
    /// are cut off. A log that is not there begins with the next line.
    init(path: String, resumingAfter place: ReportPlace) throws(TrainingError) {
        let (records, length) = Self.read(path, until: place)
        file = try GrowingFile(path, keeping: length)
        for record in records { remember(record) }
    }

    func append(_ record: MetricsRecord) throws(TrainingError) {
        remember(record)
        let line: String
        do { line = try CanonicalJSON.string(record) } catch { throw .system("\(file.path): \(error)") }
        try file.append(Array((line + "\n").utf8))
        if record.kind == .epoch { file.sync() }
    }

    private func remember(_ record: MetricsRecord) {
        guard record.kind == .epoch else { return }
        if !epochs.isEmpty { epochs[epochs.count - 1].perDimensionKL = nil }
        epochs.append(record)
    }

    /// The epochs among the whole lines of the file that are not beyond `place`, and the bytes of those lines.
    private static func read(_ path: String, until place: ReportPlace) -> (epochs: [MetricsRecord], length: Int) {
        var epochs: [MetricsRecord] = []
        var length = 0
        LineReader.read(path) { line, byteCount in
            guard let record = try? CanonicalJSON.decode(MetricsRecord.self, from: line) else { return false }
            switch record.kind {
            case .epoch: guard record.epoch <= place.epochs else { return false }
            case .step: guard record.step <= place.step else { return false }
            }
            if record.kind == .epoch {
                if !epochs.isEmpty { epochs[epochs.count - 1].perDimensionKL = nil }
                epochs.append(record)
            }
            length += byteCount + 1
            return true
        }
        return (epochs, length)
    }
}
