import FoundationEssentials
import HTTPServer
import Testing

@testable import VAEServing

@Suite struct AccessEntryTests {
    private static func entry() -> AccessEntry {
        var entry = AccessEntry()
        entry.time = Timestamp(secondsSince1970: 1_735_689_600, millisecond: 5)
        entry.client = "192.0.2.7"
        entry.method = "POST"
        entry.path = "/v1/encode"
        entry.query = "format=json"
        entry.route = "/v1/models/{model}/encode"
        entry.status = 200
        entry.bytesIn = 784
        entry.bytesOut = 345
        entry.nanoseconds = 1_500_000
        entry.times = TripTimes(handover: 0, begun: 250_000, response: 1_000_000)
        entry.requestID = "abc-1"
        entry.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
        entry.userAgent = "curl/8"
        return entry
    }

    private static func text(_ entry: AccessEntry) -> String {
        var line = LogLine()
        entry.text(into: &line)
        return line.text()
    }

    private static func json(_ entry: AccessEntry) throws -> [String: Field] {
        var line = LogLine()
        entry.json(into: &line)
        return try JSONDecoder().decode([String: Field].self, from: Data(line.text().utf8))
    }

    /// A string or a number.
    private enum Field: Decodable, Equatable {
        case text(String)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    @Test func asText() {
        #expect(
            Self.text(Self.entry())
                == "2025-01-01T00:00:00.005Z 192.0.2.7 POST \"/v1/encode?format=json\" 200 end=sent in=784 out=345 "
                + "ms=1.500 queue=0.250 compute=0.750 id=\"abc-1\" trace=\"4bf92f3577b34da6a3ce929d0e0e4736\" "
                + "agent=\"curl/8\"")
    }

    @Test func asJSON() throws {
        let expected: [String: Field] = [
            "time": .text("2025-01-01T00:00:00.005Z"), "client": .text("192.0.2.7"), "method": .text("POST"),
            "path": .text("/v1/encode"), "query": .text("format=json"), "route": .text("/v1/models/{model}/encode"),
            "status": .number(200), "end": .text("sent"), "bytes_in": .number(784), "bytes_out": .number(345),
            "duration_ms": .number(1.5), "queue_ms": .number(0.25), "compute_ms": .number(0.75),
            "request_id": .text("abc-1"), "trace_id": .text("4bf92f3577b34da6a3ce929d0e0e4736"),
            "user_agent": .text("curl/8"),
        ]
        #expect(try Self.json(Self.entry()) == expected)
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        var entry = Self.entry()
        (entry.query, entry.route, entry.times, entry.traceID, entry.userAgent) = ("", nil, nil, nil, nil)
        (entry.status, entry.end, entry.client) = (0, .clientLost, "")
        let names = try Self.json(entry).keys
        for name in ["query", "route", "queue_ms", "compute_ms", "trace_id", "user_agent"] {
            #expect(!names.contains(name), "\(name)")
        }
        #expect(try Self.json(entry)["end"] == .text("client_lost"))
        #expect(
            Self.text(entry)
                == "2025-01-01T00:00:00.005Z - POST \"/v1/encode\" 0 end=client_lost in=784 out=345 ms=1.500 "
                + "id=\"abc-1\" agent=\"-\"")
    }

    @Test func clientsCannotForgeLines() throws {
        var entry = Self.entry()
        entry.path = "/x\" 200\n2025-01-01T00:00:00.005Z 10.0.0.1 GET \"/"
        entry.userAgent = "\u{1b}]0;title\u{7}\"\n" + String(repeating: "x", count: 5000)
        let text = Self.text(entry)
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && text.utf8.count < 1000)
        #expect(try Self.json(entry)["path"] == .text(entry.path))
    }
}
