import Glibc
import HTTPServer
import Synchronization
import Testing

extension OverRealSockets {
    @Suite struct LifecycleTests {
        @Test func drainUnderLoadLosesNothing() throws {
            let test = try TestServer(workers: 3) { $0.ioThreads = 2 }
            let answered = Atomic<Int>(0), lost = Atomic<Int>(0), closed = Atomic<Int>(0)
            let port = test.server.port, server = test.server
            startThread {
                usleep(300_000)
                server.beginDrain()
            }
            concurrently(64) { number in
                guard let client = try? Client(port: port) else { return }
                while true {
                    client.send("POST", number % 2 == 0 ? "/echo" : "/hello", body: [1, 2])
                    guard let response = try? client.response(), response.status == 200 else {
                        lost.add(1, ordering: .relaxed)
                        return
                    }
                    answered.add(1, ordering: .relaxed)
                    if response.closes {
                        closed.add(1, ordering: .relaxed)
                        return
                    }
                }
            }
            #expect(lost.load(ordering: .relaxed) == 0)
            #expect(closed.load(ordering: .relaxed) == 64)
            #expect(answered.load(ordering: .relaxed) >= 64)
            #expect(test.server.waitUntilDrained(timeout: .seconds(5)) == 0)
            #expect(throws: Client.Failure.self) { try Client(port: port) }
            try test.stop()
        }

        @Test func drainWaitsForHeldRequests() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("POST", "/hold", body: [5])
            #expect(waitUntil { test.handler.heldCount == 1 })
            test.server.beginDrain()
            #expect(test.server.waitUntilDrained(timeout: .milliseconds(150)) == 1)
            #expect(throws: HTTPServerError.requestsHeld(1)) { try test.server.stop() }
            test.handler.releaseHeld()
            let response = try client.response()
            #expect(response.body == [5] && response.closes)
            #expect(test.server.waitUntilDrained(timeout: .seconds(5)) == 0)
            try test.stop()
            try test.server.stop()  // idempotent
        }

        @Test func requestsDuringAFailedStopGet503() throws {
            let test = try TestServer()
            let holder = try test.connect(), other = try test.connect()
            other.send("GET", "/hello")
            #expect(try other.response().status == 200)
            holder.send("POST", "/hold", body: [5])
            #expect(waitUntil { test.handler.heldCount == 1 })
            #expect(throws: HTTPServerError.requestsHeld(1)) { try test.server.stop() }
            other.send("GET", "/hello")
            let response = try other.response()
            response.expectError(503, code: "stopping")
            #expect(response.closes)
            test.handler.releaseHeld()
            #expect(try holder.response().body == [5])
            try test.stop()
        }

        @Test func stopWithIdleConnectionsAndHalfRequests() throws {
            let test = try TestServer { $0.ioThreads = 2 }
            let clients = try (0..<20).map { _ in try test.connect() }
            for (index, client) in clients.enumerated() where index % 2 == 0 {
                client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            }
            #expect(waitUntil { test.server.requestsInFlight == 10 })
            test.handler.end()
            try test.server.stop()
            for client in clients { #expect(client.isClosedByServer()) }
        }

        @Test func sayWhatIsWrongWithTheAddress() throws {
            let test = try TestServer()
            let taken = HTTPServerConfiguration(port: test.server.port)
            let message =
                "cannot listen on 127.0.0.1:\(test.server.port): Address already in use; choose another --port"
            #expect(throws: HTTPServerError.cannotStart(message)) {
                try HTTPServer(configuration: taken, handler: test.handler)
            }
            #expect(throws: HTTPServerError.self) {
                let nowhere = HTTPServerConfiguration(host: "no.such.host", port: 0)
                return try HTTPServer(configuration: nowhere, handler: test.handler)
            }
            try test.stop()
        }

        @Test(arguments: ["0.0.0.0", "::", "localhost"])
        func listensOn(host: String) throws {
            let test = try TestServer { $0.host = host }
            try test.expectHealthy()
            #expect(test.server.url.hasSuffix(":\(test.server.port)"))
            try test.stop()
        }
    }
}
