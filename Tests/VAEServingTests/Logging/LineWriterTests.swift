import Glibc
import Logging
import Testing

@testable import VAEServing

@Suite struct LineWriterTests {
    /// A pipe; the ends are closed when the test is over.
    final class Pipe {
        let reader: Int32, writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        deinit { for end in [reader, writer] { close(end) } }

        /// Reads `count` bytes.
        func read(_ count: Int) -> String {
            var bytes = [UInt8](repeating: 0, count: count)
            var have = 0
            while have < count {
                let got = unsafe bytes.withUnsafeMutableBytes {
                    unsafe Glibc.read(reader, $0.baseAddress! + have, count - have)
                }
                guard got > 0 else { break }
                have += got
            }
            return String(decoding: bytes[..<have], as: UTF8.self)
        }
    }

    private func add(_ text: String, to writer: LineWriter) {
        var line = LogLine()
        line.json(text)
        line.end(into: writer)
    }

    @Test func linesArriveInOrder() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writer, capacity: 1 << 16)
        let lines = (0..<500).map { "line \($0)" }
        for line in lines { add(line, to: writer) }
        let expected = lines.map { $0 + "\n" }.joined()
        #expect(pipe.read(expected.utf8.count) == expected)
        writer.flush()
        #expect(writer.droppedLines == 0)
    }

    /// 300 lines of 1000 bytes are more than a pipe of 64 KiB holds with the writer's own memory behind it.
    @Test func whatDoesNotFitIsDroppedAndCounted() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writer, capacity: 8192)
        let line = String(repeating: "x", count: 999)
        for _ in 0..<300 { add(line, to: writer) }
        let dropped = Int(writer.droppedLines)
        #expect(dropped >= 300 - 66 - 8 - 8, "more was kept than there is room for")
        #expect(dropped < 300)
        let kept = pipe.read((300 - dropped) * 1000)
        #expect(kept == String(repeating: line + "\n", count: 300 - dropped), "what was kept arrives whole")
        add("afterwards", to: writer)
        #expect(pipe.read(11) == "afterwards\n")
        writer.flush()
    }

    @Test func aLineLargerThanTheMemoryIsDropped() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writer, capacity: 100)
        add(String(repeating: "x", count: 100), to: writer)
        #expect(writer.droppedLines == 1)
        add("next", to: writer)
        #expect(pipe.read(5) == "next\n")
        writer.flush()
    }

    @Test func withoutAReaderLinesAreCountedAsDropped() {
        let writer = LineWriter(descriptor: -1)
        for _ in 0..<3 { add("lost", to: writer) }
        writer.flush()
        #expect(writer.droppedLines == 3)
    }

    @Test(arguments: [
        (LogFormat.text, " warning test: a \"b\"\\u000ac key=\"v\\\"1\" other=\"2\"\n"),
        (
            .json,
            "\"level\":\"warning\",\"logger\":\"test\",\"message\":\"a \\\"b\\\"\\u000ac\",\"key\":\"v\\\"1\",\"other\":\"2\"}\n"
        ),
    ])
    func theServicesOwnLines(_ format: LogFormat, _ expected: String) throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writer)
        var logger = Logger(label: "test") { ServiceLogHandler(label: $0, format: format, writer: writer) }
        logger.logLevel = .warning
        logger[metadataKey: "key"] = "v\"1"
        logger.info("not this")
        logger.warning("a \"b\"\nc", metadata: ["other": "2"])
        writer.flush()
        let prefix = format == .text ? 24 : "{\"time\":\"2026-11-21T09:43:18.123Z\",".utf8.count
        let line = pipe.read(prefix + expected.utf8.count)
        #expect(line.hasSuffix(expected), "\(line)")
        #expect(line.utf8.count == prefix + expected.utf8.count)
    }
}
