import Testing

@testable import VAEServing

/// Keys, other origins, times and traces, over a socket.
@Suite struct EdgeTests {
    private static let key = "key-of-the-tests-01"
    private static let bearer = ("Authorization", "Bearer \(key)")

    private func guarded(_ origins: [String] = []) throws -> TestServer {
        var edge = ServiceEdge()
        edge.keys = try KeyStore(file: nil, environmentKey: Self.key) { _ in }
        edge.crossOrigin = try CrossOriginPolicy(origins)
        return try TestServer(edge: edge)
    }

    @Test func withoutAKeyNothingIsSaidOfRoutesAndModels() throws {
        let server = try guarded()
        let body = TestImage(0).octets
        for request in [
            WireRequest.get("/v1/sample"), .get("/v1/models"), .get("/v1/models/none/sample"), .get("/nothing"),
            .post("/v1/encode", "application/octet-stream", body), WireRequest("DELETE", "/v1/models"),
            WireRequest("OPTIONS", "/v1/models"),
        ] {
            let reply = try server.ask(request)
            expectRefusal(reply, 401, "unauthorized", String(decoding: request.bytes.prefix(40), as: UTF8.self))
            #expect(reply.headers["www-authenticate"] == "Bearer")
            #expect(!reply.text.contains("digits"))
        }
        let wrong = try server.ask(.get("/v1/models", ("Authorization", "Bearer \(Self.key)x")))
        expectRefusal(wrong, 401, "unauthorized", "a wrong key")
        #expect(wrong.headers["www-authenticate"] == "Bearer error=\"invalid_token\"")
        let text = try server.ask(.get("/metrics")).text
        #expect(text.contains("vae_rejected_total{reason=\"unauthorized\"} 8\n"))
        #expect(text.contains("http_route=\"/v1/models/{model}/encode\",http_response_status_code=\"401\"} 1\n"))
    }

    @Test func withAKeyAllIsAsEver() throws {
        let server = try guarded()
        #expect(try server.ask(.get("/v1/sample", Self.bearer)).status == 200)
        #expect(
            try server.ask(.post("/v1/encode", "application/octet-stream", TestImage(0).octets, Self.bearer)).status
                == 200)
        expectRefusal(try server.ask(.get("/nothing", Self.bearer)), 404, "unknown_route", "a key opens no new routes")
    }

    @Test(arguments: ["/livez", "/healthz", "/readyz", "/health", "/ping", "/metrics", "/openapi.yaml"])
    func publicRoutesNeedNoKey(_ path: String) throws { #expect(try guarded().ask(.get(path)).status == 200) }

    @Test func withoutTheFlagThereIsNoCORS() throws {
        let server = try TestServer()
        let origin = ("Origin", "https://a.example")
        let reply = try server.ask(.get("/v1/models", origin))
        #expect(reply.status == 200 && !reply.headers.keys.contains { $0.hasPrefix("access-control") })
        #expect(reply.headers["vary"] == nil)
        let preflight = WireRequest(
            "OPTIONS", "/v1/encode", headers: [origin, ("Access-Control-Request-Method", "POST")])
        expectRefusal(try server.ask(preflight), 405, "method_not_allowed", "OPTIONS")
    }

    @Test func preflightNeedsNoKeyAndNamesTheMethods() throws {
        let server = try guarded(["https://a.example"])
        for (path, methods) in [
            ("/v1/encode", "POST"), ("/v1/interpolate", "GET, HEAD, POST"), ("/livez", "GET, HEAD"),
        ] {
            let reply = try server.ask(
                WireRequest(
                    "OPTIONS", path,
                    headers: [("Origin", "https://a.example"), ("Access-Control-Request-Method", "POST")]))
            #expect(reply.status == 204 && reply.body.isEmpty)
            #expect(reply.headers["access-control-allow-origin"] == "https://a.example")
            #expect(reply.headers["access-control-allow-methods"] == methods)
            #expect(reply.headers["access-control-allow-headers"]?.contains("Authorization") == true)
            #expect(reply.headers["access-control-max-age"] == "600")
            #expect(reply.headers["vary"] == "Origin")
        }
        let other = try server.ask(WireRequest("OPTIONS", "/v1/encode", headers: [("Origin", "https://b.example")]))
        #expect(other.status == 204 && !other.headers.keys.contains { $0.hasPrefix("access-control") })
        #expect(try server.ask(WireRequest("OPTIONS", "/nothing", headers: [Self.bearer])).status == 404)
    }

    @Test func pagesCanReadRepliesAndErrors() throws {
        let server = try guarded(["https://a.example"])
        let origin = ("Origin", "https://a.example")
        for (path, status) in [("/v1/sample?n=1", 200), ("/v1/sample?n=0", 422), ("/nothing", 404)] {
            let reply = try server.ask(.get(path, origin, Self.bearer))
            #expect(reply.status == status)
            #expect(reply.headers["access-control-allow-origin"] == "https://a.example", "\(path)")
            #expect(reply.headers["access-control-expose-headers"]?.contains("X-VAE-Seed") == true)
        }
        let refused = try server.ask(.get("/v1/models", origin))
        #expect(refused.status == 401 && refused.headers["access-control-allow-origin"] == "https://a.example")
        let stranger = try server.ask(.get("/livez", ("Origin", "https://b.example")))
        #expect(stranger.status == 200 && stranger.headers["access-control-allow-origin"] == nil)
        #expect(stranger.headers["vary"] == "Origin", "a cache must not give this reply to the other page")
        let open = try guarded(["*"]).ask(.get("/livez", origin))
        #expect(open.headers["access-control-allow-origin"] == "*" && open.headers["vary"] == nil)
    }

    @Test func tripsTellTheirTimes() throws {
        let server = try TestServer()
        for path in ["/v1/sample?n=1", "/v1/sample?n=1&seed=1", "/v1/sample?n=0"] {
            let timing = try #require(try server.ask(.get(path)).headers["server-timing"], "\(path)")
            let parts = timing.split(separator: ", ").map { $0.split(separator: ";dur=") }
            #expect(parts.map { $0[0] } == ["queue", "compute", "total"], "\(timing)")
            let times = try parts.map { try #require(Double($0[1])) }
            #expect(times[0] + times[1] <= times[2] + 0.0015, "\(timing)")
        }
        for path in ["/livez", "/v1/models", "/nothing", "/v1/encode"] {
            #expect(try server.ask(.get(path)).headers["server-timing"] == nil, "\(path)")
        }
    }

    @Test func aSoundTraceParentComesBack() throws {
        let server = try TestServer()
        let sound = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        for path in ["/v1/sample", "/livez", "/nothing"] {
            #expect(try server.ask(.get(path, ("traceparent", sound))).headers["traceparent"] == sound, "\(path)")
            #expect(try server.ask(.get(path, ("traceparent", sound + "x"))).headers["traceparent"] == nil)
        }
    }

    @Test func healthUnderItsOtherNames() throws {
        let server = try TestServer()
        server.beginDrain()
        for path in ["/livez", "/healthz"] { #expect(try server.ask(.get(path)).text == "{\"status\":\"live\"}") }
        for path in ["/readyz", "/health", "/ping"] { expectRefusal(try server.ask(.get(path)), 503, "draining", path) }
    }
}
