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
            request.tag = RequestTag(.sample, slot: Int(request.path.dropFirst()) ?? 0).rawValue
            queue.add(request)
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

    @Test func aBatchIsSortedByModel() throws {
        let holder = Holder()
        let server = try HTTPServer(configuration: HTTPServerConfiguration(port: 0), handler: holder)
        defer { try? server.stop() }
        var sorted = SlotGroups()
        for _ in 0..<2 {
            let clients = try send(["/7?a", "/3?a", "/7?b", "/300?a", "/7?c"], to: server, holder.queue)
            var batch: [HTTPRequest] = []
            #expect(holder.queue.take(into: &batch, limit: 10))
            sorted.sort(batch)
            #expect(sorted.groups.map(\.slot) == [7, 3, 300])
            #expect(sorted.groups.map { $0.requests.map(\.rawQuery) } == [["a", "b", "c"], ["a"], ["a"]])
            for request in batch { request.respond(HTTPResponse(status: 204)) }
            for client in clients { #expect(client.receive().status == 204) }
        }
        sorted.sort([])
        #expect(sorted.groups.map(\.requests.count) == [0, 0, 0])
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
