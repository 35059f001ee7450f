import Glibc
import HTTPServer
import Synchronization
import Testing

extension OverRealSockets {
    @Suite struct LimitTests {
        @Test func trickledHeadersAreCut() throws {
            let test = try TestServer { $0.headerTimeout = .milliseconds(600) }
            let client = try test.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\n")
            trickle(to: client, "X: ")
            try client.response().expectError(408, code: "request_timeout")
            try test.stop()
        }

        @Test func trickledRequestLineIsCut() throws {
            let test = try TestServer { $0.headerTimeout = .milliseconds(600) }
            let client = try test.connect()
            trickle(to: client, "GET /")
            try client.response().expectError(408, code: "request_timeout")
            try test.stop()
        }

        @Test func trickledBodyIsCut() throws {
            let test = try TestServer { $0.bodyTimeout = .milliseconds(600) }
            let client = try test.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            trickle(to: client, "")
            try client.response().expectError(408, code: "request_timeout")
            #expect(waitUntil { test.handler.finishedSummaries.first?.end == .deadline })
            try test.stop()
        }

        /// The end of the stream may arrive with the last bytes; MHD then does not notice it.
        @Test(arguments: [
            "GET /he", "POST /echo HTTP/1.1\r\nHost:",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        ])
        func abandonedRequestsAreNotKept(_ bytes: String) throws {
            let test = try TestServer()
            let clients = try (0..<20).map { _ in try test.connect() }
            for client in clients {
                client.send(bytes)
                client.close()
            }
            #expect(waitUntil { test.server.openConnections == 0 })
            try test.stop()
        }

        /// Sends a byte every 50 ms until the server closes or 10 s are over.
        private func trickle(to client: Client, _ start: String) {
            client.send(start)
            for _ in 0..<30 {
                usleep(50_000)
                guard client.send("x") else { break }
            }
        }

        @Test func readerThatNeverReadsIsCut() throws {
            let test = try TestServer {
                $0.writeTimeout = .milliseconds(300)
                $0.minBytesPerSecond = 1 << 30
            }
            let client = try test.connect()
            client.send("GET", "/big?bytes=20000000")
            #expect(waitUntil { test.handler.finishedSummaries.first?.end == .deadline })
            try test.stop()
        }

        @Test func idleConnectionIsClosedAndOnlyThen() throws {
            let test = try TestServer { $0.idleTimeout = .milliseconds(700) }
            let client = try test.connect()
            client.send("GET", "/hello")
            #expect(try client.response().status == 200)
            usleep(200_000)
            client.send("POST", "/hold", body: [1])
            #expect(waitUntil { test.handler.heldCount == 1 })
            usleep(1_200_000)  // a request in the application's hands is not idle
            test.handler.releaseHeld()
            #expect(try client.response().body == [1])
            #expect(client.isClosedByServer())
            #expect(waitUntil { test.server.openConnections == 0 })
            try test.stop()
        }

        @Test func surplusConnectionsGet503() throws {
            let test = try TestServer { $0.maxConnections = 4 }
            let kept = try (0..<4).map { _ in try test.connect() }
            for client in kept {
                client.send("GET", "/hello")
                #expect(try client.response().status == 200)
            }
            let surplus = try test.connect()
            surplus.send("GET", "/hello")
            let response = try surplus.response()
            response.expectError(503, code: "too_many_connections")
            #expect(response.headers["retry-after"] == "1" && surplus.isClosedByServer())
            kept[0].close()
            #expect(waitUntil { test.server.openConnections == 3 })
            try test.expectHealthy()
            try test.stop()
        }

        /// libmicrohttpd's own threads fall asleep when a wake-up carries exactly 128 events.
        @Test(arguments: [127, 128, 129, 256, 257, 384])
        func everyConnectionMakesProgress(count: Int) throws {
            let test = try TestServer()
            let clients = try (0..<count).map { _ in try test.connect() }
            for round in 0..<4 {
                for client in clients { client.send("POST", round % 2 == 0 ? "/echo" : "/hello", body: [7]) }
                for client in clients { #expect(try client.response().status == 200) }
            }
            try test.stop()
        }

        @Test(arguments: [1, 3])
        func manyThreadsComplete(ioThreads: Int) throws {
            let test = try TestServer(workers: 6) { $0.ioThreads = ioThreads }
            let right = Atomic<Int>(0)
            let port = test.server.port
            concurrently(16) { number in
                guard let client = try? Client(port: port) else { return }
                for round in 0..<100 {
                    let body = Array("\(number)-\(round)".utf8)
                    client.send("POST", "/echo", body: body)
                    if (try? client.response().body) == body { right.add(1, ordering: .relaxed) }
                }
            }
            #expect(right.load(ordering: .relaxed) == 1600)
            try test.stop()
        }
    }
}
