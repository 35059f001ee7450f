import Glibc
import HTTPServer
import Synchronization
import Testing

extension OverRealSockets {
    @Suite struct ExchangeTests {
        @Test func pipelinedRequestsAreAnsweredInOrder() throws {
            let test = try TestServer()
            let client = try test.connect()
            var bytes = ""
            for index in 0..<4 {
                bytes += "GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: g\(index)\r\n\r\n"
                bytes += "POST /echo HTTP/1.1\r\nHost: a\r\nX-Request-Id: p\(index)\r\n"
                bytes += "Content-Length: 2\r\n\r\n#\(index)"
            }
            client.send(bytes)
            for index in 0..<4 {
                let first = try client.response()
                #expect(first.headers["x-request-id"] == "g\(index)" && first.text == "hello")
                let second = try client.response()
                #expect(second.headers["x-request-id"] == "p\(index)" && second.text == "#\(index)")
            }
            try test.stop()
        }

        @Test func keepsTheConnectionOpen() throws {
            let test = try TestServer()
            let client = try test.connect()
            for _ in 0..<50 {
                client.send("POST", "/echo", body: [1, 2, 3])
                let response = try client.response()
                #expect(response.body == [1, 2, 3] && !response.closes)
            }
            #expect(test.server.openConnections == 1)
            try test.stop()
        }

        @Test func headIsAGetWithoutBody() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("HEAD", "/hello")
            let response = try client.response(toHead: true)
            #expect(response.status == 200 && response.headers["content-length"] == "5")
            client.send("GET", "/hello")
            #expect(try client.response().text == "hello")
            try test.stop()
        }

        @Test func sendsContinueOnlyForWelcomeBodies() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.response().status == 100)
            client.send("abc")
            #expect(try client.response().text == "abc")
            client.send("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            try client.response().expectError(405, code: "method_not_allowed")
            try test.stop()
        }

        @Test func refusalKeepsTheConnectionWhenTheBodyIsSmall() throws {
            let test = try TestServer { $0.maxDiscardedBytes = 1000 }
            let client = try test.connect()
            client.send("POST", "/refused", body: Array(repeating: 1, count: 1000))
            let response = try client.response()
            response.expectError(405, code: "method_not_allowed")
            #expect(response.headers["allow"] == "GET" && !response.closes)
            #expect(response.text.hasPrefix(#"{"error":"Expected \"GET\"\u000aor HEAD""#))
            client.send("DELETE", "/refused")
            #expect(try !client.response().closes)
            client.send("POST", "/refused", body: Array(repeating: 1, count: 1001))
            let last = try client.response()
            last.expectError(405)
            #expect(last.closes)
            try test.stop()
        }

        @Test func halfClosedClientIsAnswered() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("POST", "/hold", body: [9])
            client.send("GET", "/hello")
            client.halfClose()
            #expect(waitUntil { test.handler.heldCount == 1 })
            test.handler.releaseHeld()
            #expect(try client.response().body == [9])
            #expect(try client.response().text == "hello")
            #expect(client.isClosedByServer())
            try test.stop()
        }

        @Test(arguments: [true, false])
        func lostClientsLeaveNothingBehind(byReset: Bool) throws {
            let test = try TestServer()
            let clients = try (0..<40).map { _ in try test.connect() }
            for client in clients { client.send("POST", "/hold", body: [1]) }
            #expect(waitUntil { test.handler.heldCount == 40 })
            #expect(test.server.requestsInFlight == 40)
            for client in clients {
                if byReset { client.reset() } else { client.close() }
            }
            #expect(waitUntil { test.handler.someHeldClientIsGone })
            test.handler.releaseHeld()
            #expect(waitUntil { test.server.requestsInFlight == 0 && test.server.openConnections == 0 })
            let ends = test.handler.finishedSummaries
            #expect(ends.count == 40)
            if byReset { #expect(ends.allSatisfy { $0.end == .clientLost }) }
            try test.expectHealthy()
            try test.stop()
        }

        @Test func requestIdIsEchoedOrMade() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("GET", "/hello", headers: ["X-Request-Id: abc-123"])
            #expect(try client.response().headers["x-request-id"] == "abc-123")
            var made: Set<String> = []
            for unfit in ["", "a b", "a\"b", "a\\b", String(repeating: "x", count: 129), "\u{e9}"] {
                client.send("GET", "/nowhere", headers: ["X-Request-Id: \(unfit)"])
                let response = try client.response()
                response.expectError(404, code: "not_found")
                let id = response.headers["x-request-id"] ?? ""
                #expect(id != unfit && !id.isEmpty)
                made.insert(id)
            }
            #expect(made.count == 6)
            try test.stop()
        }

        @Test func requestTellsWhatWasSent() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("PATCH", "/about", headers: ["X-Test:  some value \t"])
            let response = try client.response()
            #expect(response.text == "patch PATCH some value 7 127.0.0.1")
            #expect(response.headers["x-evil"] == "a  b")
            client.send("get", "http://test/about")
            #expect(try client.response().text == "other get nil 7 127.0.0.1")
            client.send("GET", "/query?a=1&b=x%2By+z%C3%A9&a=2&&flag&c%20d=")
            #expect(try client.response().text == "a=1,2;b=x+y z\u{e9};flag=;c d= first=1 missing=nil")
            client.send("GET", "/a%2Fb%41")
            #expect(try client.response().text.contains("No /a%2FbA here"))
            try test.stop()
        }

        @Test func eightMegabytesBothWays() throws {
            let test = try TestServer()
            let client = try test.connect(timeout: 20)
            let body = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            client.send("POST", "/echo", body: body)
            #expect(try client.response().body == body)
            client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
            #expect(try client.response().text == "abcde")
            try test.stop()
        }

        @Test func summaryCountsAndOrdersTimes() throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("POST", "/echo", body: [1, 2, 3, 4])
            #expect(try client.response().status == 200)
            #expect(waitUntil { test.handler.finishedSummaries.count == 1 })
            let summary = test.handler.finishedSummaries[0]
            #expect(summary.status == 200 && summary.end == .sent)
            #expect(summary.requestBytes == 4 && summary.responseBytes == 4)
            let times = [
                summary.arrivalNanoseconds, summary.handoverNanoseconds, summary.responseNanoseconds,
                summary.finishedNanoseconds,
            ]
            #expect(times == times.sorted() && times[0] > 0)
            try test.stop()
        }
    }
}
