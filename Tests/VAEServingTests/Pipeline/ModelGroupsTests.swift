import Glibc
import HTTPServer
import Testing

@testable import VAEServing

/// Batches of requests for several models.
@Suite struct ModelGroupsTests {
    /// Queues every request for the model in the slot that its path names.
    private final class Holder: HTTPHandler {
        let queue = RequestQueue(limit: 16)
        func handle(_ request: HTTPRequest) {
            let tag = RequestTag(.sample, slot: Int(request.path.dropFirst()) ?? 0)
            queue.add(WaitingRequest(request: request, tag: tag, queued: HTTPServer.now, deadline: .max))
        }
    }

    private func send(_ paths: [String], to server: HTTPServer, _ queue: RequestQueue) throws -> [SocketClient] {
        try paths.enumerated().map { index, path in
            let client = try SocketClient(port: server.port)
            client.send(WireRequest.get(path).bytes)
            for _ in 0..<5000 where queue.depth != index + 1 { usleep(1000) }
            try #require(queue.depth == index + 1)
            return client
        }
    }

    @Test func aModelRemovedMeanwhileIs404() throws {
        let holder = Holder()
        let server = try HTTPServer(configuration: HTTPServerConfiguration(port: 0), handler: holder)
        defer { try? server.stop() }
        let directory = try ScratchDirectory()
        try TestModel.write(to: directory.file("digits.safetensors"))
        let loaded = try LoadedModel(name: "digits", path: directory.file("digits.safetensors"))
        let passages = PassageSets(count: 1)
        _ = passages.exchange(try passages.prepare(loaded), in: 2)
        let clients = try send(["/1", "/2?seed=1", "/3"], to: server, holder.queue)
        holder.queue.close()
        Worker(
            queue: holder.queue, passages: passages.workers[0], limits: ServiceLimits(), metrics: ServiceMetrics()
        ).run()
        let replies = clients.map { $0.receive() }
        #expect(replies.map(\.status) == [404, 200, 404])
        expectRefusal(replies[0], 404, "unknown_model", "no passage")
    }
}
