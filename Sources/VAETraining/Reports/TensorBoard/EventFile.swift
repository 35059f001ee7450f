internal import Glibc
internal import VAE

/// One of TensorBoard's event files: tensorflow.Event messages (tensorflow/core/util/event.proto), each framed as a
/// TFRecord: length, checksum of the length, message, checksum of the message.
final class EventFile {
    private static let suffix = ".vae-trainer"
    private let file: GrowingFile

    /// Creates a file in `folder`, which is created if it is missing. With `place`, what earlier files hold beyond it is
    /// declared void, as TensorBoard's own writers do; without, the earlier files of this program are removed.
    init(folder: String, resumingAfter place: ReportPlace?) throws(TrainingError) {
        guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw .system(unsafe "\(folder): cannot create the folder: \(String(cString: strerror(errno)))")
        }
        if place == nil { Self.removeFiles(in: folder) }
        // TensorBoard reads the files of a folder in the order of their names.
        let name = "events.out.tfevents.\(FixedPoint.string(Clock.wall, decimals: 5)).\(getpid())"
        file = try GrowingFile("\(folder)/\(name)\(Self.suffix)")
        try append(step: 0) { $0.add(3, "brain.Event:2") }
        if let place {
            var session = ProtobufMessage()
            session.add(1, Int64(1))  // START
            try append(step: place.step + 1) { $0.add(7, session) }
        }
    }

    /// Appends what there is to show of step `step`.
    func append(_ summary: Summary, step: UInt64) throws(TrainingError) {
        guard !summary.isEmpty else { return }
        try append(step: step) { $0.add(5, summary.message) }
    }

    private func append(step: UInt64, _ fill: (inout ProtobufMessage) -> Void) throws(TrainingError) {
        var event = ProtobufMessage()
        event.add(1, Clock.wall)
        event.add(2, Int64(clamping: step))
        fill(&event)
        try file.append(Self.record(event.bytes))
    }

    /// `message` in its frame.
    static func record(_ message: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        length.appendLittleEndian(UInt64(message.count))
        var record = length
        record.appendLittleEndian(CRC32C.masked(length))
        record += message
        record.appendLittleEndian(CRC32C.masked(message))
        return record
    }

    private static func removeFiles(in folder: String) {
        for name in FolderNames.all(in: folder) ?? [] {
            if name.hasPrefix("events.out.tfevents."), name.hasSuffix(suffix) { unsafe unlink("\(folder)/\(name)") }
        }
    }
}
