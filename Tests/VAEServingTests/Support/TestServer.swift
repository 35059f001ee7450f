import HTTPServer
import Testing
import VAE

@testable import VAEServing

/// The service on a free port, in this process.
final class TestServer {
    let port: UInt16
    private let server: HTTPServer
    private let service: VAEService
    let directory: ScratchDirectory

    /// Serves a model called `digits` unless `prepare` puts others into the directory.
    init(
        workers: Int = 1, limits: ServiceLimits = ServiceLimits(), edge: ServiceEdge = ServiceEdge(),
        prepare: (ScratchDirectory) throws -> Void = { try TestModel.write(to: $0.file("digits.safetensors")) }
    ) throws {
        directory = try ScratchDirectory()
        try prepare(directory)
        let repository = try ModelRepository(directory: directory.path, defaultModel: nil)
        service = try VAEService(repository: repository, limits: limits, workers: workers, edge: edge) { _ in }
        var configuration = HTTPServerConfiguration(port: 0)
        configuration.maxBodyBytes = limits.bodyBytes
        server = try HTTPServer(configuration: configuration, handler: service)
        service.attach(server)
        port = server.port
    }

    deinit {
        server.beginDrain()
        let left = server.waitUntilDrained(timeout: .seconds(10))
        service.stop()
        if left == 0 { try? server.stop() }
    }

    /// From now on not ready.
    func beginDrain() { service.beginDrain() }

    /// One request on a connection of its own.
    func ask(_ request: WireRequest) throws -> Reply {
        let client = try SocketClient(port: port)
        client.send(request.bytes)
        return client.receive()
    }

    /// All requests at once, each on a connection of its own; replies in their order.
    func ask(together requests: [WireRequest]) throws -> [Reply] {
        let clients = try requests.map { _ in try SocketClient(port: port) }
        for (client, request) in zip(clients, requests) { client.send(request.bytes) }
        return clients.map { $0.receive() }
    }

    /// A reply that must be a good one, as JSON.
    func json<Value: Decodable>(
        _ request: WireRequest, as type: Value.Type, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Value {
        let reply = try ask(request)
        try #require(reply.status == 200, "\(reply.text)", sourceLocation: sourceLocation)
        #expect(reply.headers["content-type"] == "application/json", sourceLocation: sourceLocation)
        return try reply.json(type)
    }
}

/// What `encode` answers.
struct Encoded: Decodable, Equatable {
    let model: String
    let mu: [[Float]]
    let sigma: [[Float]]
}

/// What the operations that give images answer; members that only some have are optional.
struct Imaged: Decodable, Equatable {
    let model: String
    let images: [[[[Float]]]]
    let z: [[Float]]?
    let seed: UInt64?
    let method: String?
    let mu: [[Float]]?
    let sigma: [[Float]]?
    let reconstruction: [Float]?
    let kl: [Float]?
}

/// The JSON error.
struct Refused: Decodable {
    let error: String
    let code: String
    let status: Int
    let request_id: String
}

/// Expects the JSON error in all its parts.
func expectRefusal(
    _ reply: Reply, _ status: Int, _ code: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(reply.status == status, "\(what): \(reply.text)", sourceLocation: sourceLocation)
    #expect(reply.headers["content-type"] == "application/json", "\(what)", sourceLocation: sourceLocation)
    guard let refused = try? reply.json(Refused.self) else {
        Issue.record("\(what): not the JSON error: \(reply.text)", sourceLocation: sourceLocation)
        return
    }
    #expect(refused.code == code, "\(what): \(refused.error)", sourceLocation: sourceLocation)
    #expect(refused.status == status && !refused.error.isEmpty, "\(what)", sourceLocation: sourceLocation)
    #expect(refused.request_id == reply.headers["x-request-id"], "\(what)", sourceLocation: sourceLocation)
}
