import Glibc
import HTTPServer
import Testing

@testable import VAEServing

@Suite struct RequestQueueTests {
    /// Puts every request into a queue and leaves it there; those to `/large` into the other lane.
    private final class Holder: HTTPHandler {
        let queue = RequestQueue(limit: 4)
        func handle(_ request: HTTPRequest) {
            let waiting = WaitingRequest(
                request: request, tag: RequestTag(0), queued: HTTPServer.now, deadline: .max)
            queue.add(waiting, to: request.path.hasPrefix("/large") ? .large : .small)
        }
    }

    /// A queue that holds requests to these paths, in this order, and their clients.
    private func queue(
        of paths: [String], _ body: (RequestQueue) throws -> Void
    ) throws {
        let holder = Holder()
        let server = try HTTPServer(configuration: HTTPServerConfiguration(port: 0), handler: holder)
        defer { try? server.stop() }
        var clients: [SocketClient] = []
        for path in paths {
            let client = try SocketClient(port: server.port)
            client.send(WireRequest.get(path).bytes)
            clients.append(client)
            for _ in 0..<5000 where holder.queue.depth != clients.count { usleep(1000) }
            try #require(holder.queue.depth == clients.count)
        }
        try body(holder.queue)
        for client in clients { #expect(client.receive().status == 204) }
    }

    /// Takes and answers; the paths taken, and the lane.
    private func take(
        _ queue: RequestQueue, limit: Int, after previous: RequestQueue.Lane?
    ) -> (lane: RequestQueue.Lane?, paths: [String]) {
        var batch: [WaitingRequest] = []
        let lane = queue.take(into: &batch, limit: limit, after: previous)
        let paths = batch.map(\.request.path)
        for waiting in batch { waiting.request.respond(HTTPResponse(status: 204)) }
        return (lane, paths)
    }

    @Test func takesOldestFirstUpToTheLimit() throws {
        try queue(of: (0..<5).map { "/\($0)" }) { queue in
            var taken = take(queue, limit: 3, after: nil)
            #expect(taken.paths == ["/0", "/1", "/2"])
            #expect(queue.depth == 2)
            queue.close()
            taken = take(queue, limit: 3, after: taken.lane)
            #expect(taken.paths == ["/3", "/4"], "what waits is still handed out after closing")
            #expect(queue.depth == 0)
            taken = take(queue, limit: 3, after: taken.lane)
            #expect(taken.lane == nil)
            #expect(taken.paths.isEmpty)
        }
    }

    @Test func lanesTakeTurnsAndLargeRequestsComeOneAtATime() throws {
        try queue(of: ["/large/0", "/0", "/large/1", "/1", "/2"]) { queue in
            #expect(queue.hasSmall)
            var taken = take(queue, limit: 2, after: nil)
            #expect(taken.paths == ["/0", "/1"] && taken.lane == .small)
            taken = take(queue, limit: 2, after: taken.lane)
            #expect(taken.paths == ["/large/0"] && taken.lane == .large, "a large one goes after a batch of small ones")
            taken = take(queue, limit: 2, after: taken.lane)
            #expect(taken.paths == ["/2"] && taken.lane == .small)
            #expect(!queue.hasSmall && queue.depth == 1)
            taken = take(queue, limit: 2, after: taken.lane)
            #expect(taken.paths == ["/large/1"])
        }
    }

    @Test func smallOnesAreTakenInThePausesOfALargeOne() throws {
        try queue(of: ["/large", "/0", "/1"]) { queue in
            _ = take(queue, limit: 8, after: .small)
            var batch: [WaitingRequest] = []
            queue.takeSmall(into: &batch, limit: 8)
            #expect(batch.map(\.request.path) == ["/0", "/1"])
            for waiting in batch { waiting.request.respond(HTTPResponse(status: 204)) }
            #expect(queue.depth == 0)
        }
    }

    @Test func aFullQueueIs429() throws {
        let server = try TestServer(limits: ServiceLimits(queue: 0))
        let reply = try server.ask(.get("/v1/sample?n=1"))
        expectRefusal(reply, 429, "queue_full", "queue of none")
        #expect(reply.headers["retry-after"] == "1")
        #expect(try server.ask(.get("/livez")).status == 200)
    }
}
