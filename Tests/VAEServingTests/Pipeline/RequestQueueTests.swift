import Glibc
import HTTPServer
import Testing

@testable import VAEServing

@Suite struct RequestQueueTests {
    /// Puts every request into a queue and leaves it there.
    private final class Holder: HTTPHandler {
        let queue = RequestQueue(limit: 4)
        func handle(_ request: HTTPRequest) { queue.add(request) }
    }

    private func wait(_ queue: RequestQueue, depth: Int) throws {
        for _ in 0..<5000 where queue.depth != depth { usleep(1000) }
        try #require(queue.depth == depth)
    }

    @Test func takesOldestFirstUpToTheLimit() throws {
        let holder = Holder()
        let server = try HTTPServer(configuration: HTTPServerConfiguration(port: 0), handler: holder)
        defer { try? server.stop() }
        var clients: [SocketClient] = []
        for index in 0..<5 {
            let client = try SocketClient(port: server.port)
            client.send(WireRequest.get("/\(index)").bytes)
            clients.append(client)
            try wait(holder.queue, depth: index + 1)
        }
        var batch: [HTTPRequest] = []
        #expect(holder.queue.take(into: &batch, limit: 3))
        #expect(batch.map(\.path) == ["/0", "/1", "/2"])
        #expect(holder.queue.depth == 2)
        var rest: [HTTPRequest] = []
        holder.queue.close()
        #expect(holder.queue.take(into: &rest, limit: 3), "what waits is still handed out after closing")
        #expect(rest.map(\.path) == ["/3", "/4"])
        #expect(holder.queue.depth == 0)
        var none: [HTTPRequest] = []
        #expect(!holder.queue.take(into: &none, limit: 3))
        #expect(none.isEmpty)
        for request in batch + rest { request.respond(HTTPResponse(status: 204)) }
        for client in clients { #expect(client.receive().status == 204) }
    }

    @Test func aFullQueueIs429() throws {
        let server = try TestServer(limits: ServiceLimits(queue: 0))
        let reply = try server.ask(.get("/v1/sample?n=1"))
        expectRefusal(reply, 429, "queue_full", "queue of none")
        #expect(reply.headers["retry-after"] == "1")
        #expect(try server.ask(.get("/livez")).status == 200)
    }
}
