package import Logging

/// The service's own log lines, as text or JSON, on standard error. Whoever logs does not wait for the reader, but for
/// errors: those may be the process's last words.
package struct ServiceLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level = .info
    private let label: String
    private let format: LogFormat
    private let writer: LineWriter

    package init(label: String, format: LogFormat, writer: LineWriter = .standardError) {
        self.label = label
        self.format = format
        self.writer = writer
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = merged.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        var line = LogLine()
        switch format {
        case .text: text(event, pairs, into: &line)
        case .json: json(event, pairs, into: &line)
        }
        line.end(into: writer)
        if event.level >= .error { writer.flush() }
    }

    private func text(_ event: LogEvent, _ pairs: [(String, String)], into line: inout LogLine) {
        line.time(Timestamp())
        line.literal(" ")
        line.visible("\(event.level)")
        line.literal(" ")
        line.visible(label)
        line.literal(": ")
        line.sentence("\(event.message)")
        for (key, value) in pairs {
            line.literal(" ")
            line.visible(key)
            line.literal("=\"")
            line.visible(value)
            line.literal("\"")
        }
    }

    private func json(_ event: LogEvent, _ pairs: [(String, String)], into line: inout LogLine) {
        line.literal("{\"time\":\"")
        line.time(Timestamp())
        line.literal("\",\"level\":\"")
        line.json("\(event.level)")
        line.literal("\",\"logger\":\"")
        line.json(label)
        line.literal("\",\"message\":\"")
        line.json("\(event.message)")
        for (key, value) in pairs {
            line.literal("\",\"")
            line.json(key)
            line.literal("\":\"")
            line.json(value)
        }
        line.literal("\"}")
    }
}
