import HTTPServer
import Testing

extension OverRealSockets {
    /// What a handler can add to every reply, and what it is told of the request by then.
    @Suite struct ReplyHookTests {
        @Test func everyReplyPassesTheHandlerOnce() throws {
            let test = try TestServer { $0.maxBodyBytes = 100 }
            for (method, target, body, status, last) in [
                ("GET", "/hello", nil, 200, "/hello 7"), ("POST", "/echo", [1, 2, 3], 200, "/echo 7"),
                ("GET", "/refused", nil, 405, "/refused 7"), ("GET", "/other", nil, 404, "/other 7"),
                ("POST", "/echo", [UInt8](repeating: 0, count: 200), 413, "/echo 7"), ("G(T", "/x", nil, 400, "/x 0"),
            ] as [(String, String, [UInt8]?, Int, String)] {
                let client = try test.connect()
                client.send(method, target, body: body)
                let response = try client.response()
                #expect(response.status == status)
                #expect(response.headers["x-last"] == last, "\(method) \(target)")
                #expect(response.headers["x-times"] == nil, "\(method) \(target): times are out of order")
            }
            try test.stop()
        }

        @Test func theBeginningOfTheWorkIsInTheSummary() throws {
            let test = try TestServer()
            for target in ["/echo", "/hello"] {
                let client = try test.connect()
                client.send("POST", target, body: [1])
                #expect(try client.response().status == 200)
            }
            #expect(waitUntil { test.handler.finishedSummaries.count == 2 })
            #expect(test.handler.finishedSummaries.map(\.begunNanoseconds) == [12345, 0])
            try test.stop()
        }

        @Test(
            arguments: [
                (["traceparent: 00-ab-cd-01"], "00-ab-cd-01"), (["TraceParent:   x y  "], "x y"), ([], nil),
                (["traceparent: a", "traceparent: a"], nil), (["traceparents: a"], nil),
                (["traceparent: a", "x: y", "traceparent: b", "traceparent: c"], nil),
            ] as [([String], String?)])
        func oneTraceParentIsLent(_ headers: [String], _ expected: String?) throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send("GET", "/hello", headers: headers)
            #expect(try client.response().headers["x-trace"] == expected)
            try test.stop()
        }

        @Test func whoIsAboutToStopSaysSoInEveryReply() throws {
            let test = try TestServer { $0.headerTimeout = .milliseconds(300) }
            let (early, slow) = (try test.connect(), try test.connect())
            early.send("GET", "/hello")
            #expect(try early.response().headers["x-envoy-immediate-health-check-fail"] == nil)
            slow.send("GET /hello HTT")
            test.server.announceClose()
            early.send("GET", "/refused")
            let refused = try early.response()
            #expect(refused.status == 405 && refused.closes)
            #expect(refused.headers["x-envoy-immediate-health-check-fail"] == "true")
            let cut = try slow.response()
            #expect(cut.status == 408 && cut.headers["x-envoy-immediate-health-check-fail"] == "true")
            try test.stop()
        }

        @Test func heldRequestsAndRefusedConnectionsAreCounted() throws {
            let test = try TestServer { $0.maxConnections = 2 }
            let (first, second) = (try test.connect(), try test.connect())
            first.send("POST", "/hold", body: [1])
            second.send("GET", "/hello")
            #expect(try second.response().status == 200)
            #expect(waitUntil { test.server.requestsHeld == 1 })
            #expect(test.server.refusedConnections == 0)
            for _ in 0..<3 { #expect(try test.connect().response().status == 503) }
            #expect(test.server.refusedConnections == 3)
            test.handler.releaseHeld()
            #expect(try first.response().status == 200)
            #expect(waitUntil { test.server.requestsHeld == 0 })
            try test.stop()
        }
    }
}
