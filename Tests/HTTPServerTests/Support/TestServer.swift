import Glibc
import HTTPServer
import Synchronization
import Testing

/// Answers from I/O threads (`/hello`), from worker threads (`/echo`), or when the test says so (`/hold`).
final class TestHandler: HTTPHandler {
    private let queue = Mutex<[HTTPRequest]>([])
    private let held = Mutex<[HTTPRequest]>([])
    private let summaries = Mutex<[HTTPExchangeSummary]>([])
    private let ended = Atomic<Bool>(false)

    init(workers: Int) {
        for _ in 0..<workers {
            startThread { [self] in
                while !ended.load(ordering: .acquiring) {
                    let batch = queue.withLock { queue in
                        defer { queue.removeAll() }
                        return queue
                    }
                    for request in batch { echo(request) }
                    if batch.isEmpty { usleep(100) }
                }
            }
        }
    }

    var heldCount: Int { held.withLock { $0.count } }
    var finishedSummaries: [HTTPExchangeSummary] { summaries.withLock { $0 } }

    func releaseHeld() {
        let requests = held.withLock { held in
            defer { held.removeAll() }
            return held
        }
        for request in requests { echo(request) }
    }

    /// Whether the client of some held request is seen to be gone.
    var someHeldClientIsGone: Bool { held.withLock { $0.contains { $0.clientIsGone } } }

    func end() { ended.store(true, ordering: .releasing) }

    func admit(_ request: HTTPRequest) -> HTTPRefusal? {
        request.tag = 7
        guard request.path == "/refused" else { return nil }
        return HTTPRefusal(
            status: 405, code: "method_not_allowed", message: "Expected \"GET\"\nor HEAD", headers: [("Allow", "GET")])
    }

    func handle(_ request: HTTPRequest) {
        switch request.path {
        case "/hello":
            request.respond(HTTPResponse(status: 200, contentType: "text/plain", staticBody: "hello"))
        case "/hold":
            held.withLock { $0.append(request) }
        case "/echo":
            queue.withLock { $0.append(request) }
        case "/big":
            let count = request.query("bytes").flatMap { Int($0) } ?? 0
            var body = OutputBuffer()
            for index in 0..<count { body.append(UInt8(truncatingIfNeeded: index)) }
            request.respond(HTTPResponse(status: 200, contentType: "application/octet-stream", body: body))
        case "/query":
            let values = request.queryNames.map { "\($0)=\(request.queryValues($0).joined(separator: ","))" }
            let missing = request.query("missing") ?? "nil"
            let text = "\(values.joined(separator: ";")) first=\(request.query("a") ?? "nil") missing=\(missing)"
            request.respond(HTTPResponse(status: 200, contentType: "text/plain", text: text))
        case "/about":
            let header = request.header("x-TEST") ?? "nil"
            var response = HTTPResponse(
                status: 200, contentType: "text/plain",
                text: "\(request.method) \(request.methodName) \(header) \(request.tag) \(request.clientAddress)")
            response.setHeader("X-Evil", "a\r\nb")
            request.respond(response)
        default:
            request.respond(error: 404, code: "not_found", message: "No \(request.path) here")
        }
    }

    /// Says what is known of the request by then.
    func willReply(_ request: HTTPRequest, _ headers: borrowing HTTPReplyHeaders) {
        headers.add("X-Last", "\(request.path) \(request.tag)")
        let parent = request.withTraceParent { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
        if !parent.isEmpty { headers.add("X-Trace", parent) }
        let isOrdered =
            request.handoverNanoseconds == 0
            ? request.responseNanoseconds >= request.arrivalNanoseconds
            : request.arrivalNanoseconds <= request.handoverNanoseconds
                && request.handoverNanoseconds <= request.responseNanoseconds
        if !isOrdered || request.arrivalNanoseconds == 0 { headers.add("X-Times", "wrong") }
    }

    func finished(_ request: HTTPRequest, _ summary: HTTPExchangeSummary) {
        summaries.withLock { $0.append(summary) }
    }

    private func echo(_ request: HTTPRequest) {
        request.begunNanoseconds = 12345
        var body = OutputBuffer()
        unsafe body.append(contentsOf: request.body)
        request.respond(HTTPResponse(status: 200, contentType: "application/octet-stream", body: body))
    }
}

/// A running server on a free port. `stop` must come back clean in every test.
struct TestServer {
    let server: HTTPServer
    let handler: TestHandler

    init(workers: Int = 2, _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in }) throws {
        var configuration = HTTPServerConfiguration(port: 0)
        adjust(&configuration)
        handler = TestHandler(workers: workers)
        server = try HTTPServer(configuration: configuration, handler: handler)
    }

    func connect(timeout: Int = 10) throws -> Client { try Client(port: server.port, timeout: timeout) }

    /// A whole exchange on a new connection, to see that the server is well.
    func expectHealthy(location: SourceLocation = #_sourceLocation) throws {
        let client = try connect()
        client.send("GET", "/hello")
        let response = try client.response()
        #expect(response.status == 200 && response.text == "hello", sourceLocation: location)
    }

    /// Checks that no request is left over, and stops.
    func stop(location: SourceLocation = #_sourceLocation) throws {
        handler.releaseHeld()
        let idle = waitUntil { server.requestsInFlight == 0 }
        #expect(idle, "\(server.requestsInFlight) requests are still in flight", sourceLocation: location)
        handler.end()
        try server.stop()
    }
}

/// All suites here share two cores with the server under test: one test at a time.
@Suite(.serialized) struct OverRealSockets {}
