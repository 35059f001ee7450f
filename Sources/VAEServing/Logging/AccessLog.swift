internal import HTTPServer

/// One line for every exchange, when it is over.
package struct AccessLog: Sendable {
    private let format: LogFormat
    private let writer: LineWriter

    package init(_ format: LogFormat, to writer: LineWriter) {
        self.format = format
        self.writer = writer
    }

    /// Lines that were dropped because their reader was too slow.
    var droppedLines: UInt64 { writer.droppedLines }

    /// Notes a finished exchange. On an I/O thread; never blocks.
    func note(_ request: HTTPRequest, _ operation: Operation?, _ summary: HTTPExchangeSummary) {
        let entry = AccessEntry(request, operation, summary)
        var line = LogLine()
        switch format {
        case .text: entry.text(into: &line)
        case .json: entry.json(into: &line)
        }
        line.end(into: writer)
    }
}
