import HTTPServer

@testable import VAEServing

/// A server that shows requests to a closure: what reads an `HTTPRequest` is tested with real ones.
final class Probe: HTTPHandler {
    private let answer: @Sendable (HTTPRequest) -> String

    init(_ answer: @escaping @Sendable (HTTPRequest) -> String) { self.answer = answer }

    func handle(_ request: HTTPRequest) {
        request.respond(HTTPResponse(status: 200, contentType: "text/plain", text: answer(request)))
    }

    /// What `answer` makes of each request.
    static func answers(
        to requests: [WireRequest], _ answer: @escaping @Sendable (HTTPRequest) throws(RequestError) -> String
    ) throws -> [String] {
        let probe = Probe { request in
            do throws(RequestError) { return try answer(request) } catch { return error.reply.code }
        }
        let server = try HTTPServer(configuration: HTTPServerConfiguration(port: 0), handler: probe)
        defer { try? server.stop() }
        return try requests.map { request in
            let client = try SocketClient(port: server.port)
            client.send(request.bytes)
            return client.receive().text
        }
    }
}
