import FoundationEssentials
import Testing

@testable import VAEServing

/// What all endpoints have in common, and those that need no model.
@Suite struct CommonTests {
    private let server: TestServer

    init() throws {
        server = try TestServer { directory in
            try TestModel.write(to: directory.file("alpha.safetensors"), seed: 2, license: nil)
            try TestModel.write(to: directory.file("digits.safetensors"))
            try directory.link("default.safetensors", to: "digits.safetensors")
        }
    }

    private static let paths = [
        "/v1/models", "/v1/models/digits", "/v1/sample?n=2&seed=1", "/v1/sample?seed=1&format=png",
        "/v1/interpolate?from_seed=1&to_seed=2", "/livez", "/readyz", "/health", "/openapi.yaml",
    ]

    @Test(arguments: paths)
    func headHasTheHeadersOfGet(_ path: String) throws {
        let (get, head) = (try server.ask(.get(path)), try server.ask(WireRequest("HEAD", path)))
        #expect(get.status == 200 && head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.headers["content-length"] == "\(get.body.count)")
        for name in ["content-type", "etag", "cache-control", "vary"] {
            #expect(head.headers[name] == get.headers[name])
        }
    }

    @Test(arguments: paths + ["/nothing", "/v1/sample?n=0", "/metrics"])
    func everyReplyHasARequestID(_ path: String) throws {
        #expect(try server.ask(.get(path)).headers["x-request-id"]?.isEmpty == false)
        #expect(try server.ask(.get(path, ("X-Request-Id", "mine.7"))).headers["x-request-id"] == "mine.7")
        let odd = try server.ask(.get(path, ("X-Request-Id", "a b\"c")))
        #expect(odd.headers["x-request-id"]?.contains(" ") == false)
    }

    @Test func aSlashAtTheEndMakesNoDifference() throws {
        for path in ["/v1/models", "/v1/models/digits", "/livez", "/openapi.yaml"] {
            #expect(try server.ask(.get(path + "/")).body == server.ask(.get(path)).body)
        }
        #expect(try server.ask(.get("/v1/sample/?seed=1")).body == server.ask(.get("/v1/sample?seed=1")).body)
    }

    private struct Listing: Decodable {
        struct Card: Decodable {
            let name: String
            let input: [Int]
            let latent: Int
            let likelihood: String
            let precision: String
            let parameters: Int
            let license: String?
            let content_hash: String
        }
        let `default`: String
        let models: [Card]
    }

    @Test func modelCards() throws {
        let listing = try server.json(.get("/v1/models"), as: Listing.self)
        #expect(listing.default == "digits")
        #expect(listing.models.map(\.name) == ["alpha", "digits"])
        let card = try server.json(.get("/v1/models/digits"), as: Listing.Card.self)
        #expect(card.input == [1, 6, 5] && card.latent == 3 && card.likelihood == "bernoulli")
        #expect(card.precision == "f32")
        #expect(card.parameters == 30 * 16 + 16 + 2 * (16 * 3 + 3) + 3 * 16 + 16 + 16 * 30 + 30)
        #expect(card.license == "CC0-1.0" && listing.models[0].license == nil)
        #expect(card.content_hash == listing.models[1].content_hash)
    }

    @Test func modelsAnswerForThemselves() throws {
        let (alpha, digits) = (
            try server.json(.get("/v1/models/alpha/sample?seed=1"), as: Imaged.self),
            try server.json(.get("/v1/sample?seed=1"), as: Imaged.self)
        )
        #expect(alpha.model == "alpha" && digits.model == "digits")
        #expect(alpha.z == digits.z && alpha.images != digits.images)
        let both = try server.ask(together: [.get("/v1/models/alpha/sample?seed=1"), .get("/v1/sample?seed=1")])
        #expect(try both[0].json(Imaged.self) == alpha && both[1].json(Imaged.self) == digits)
    }

    @Test(arguments: ["/v1/sample?n=2&seed=7", "/v1/interpolate?from_seed=1&to_seed=2", "/v1/sample?seed=7&format=png"])
    func entityTags(_ path: String) throws {
        let first = try server.ask(.get(path))
        let tag = try #require(first.headers["etag"])
        #expect(first.headers["cache-control"] == "public, no-cache")
        #expect(first.headers["vary"] == "Accept", "a shared cache must not give a picture to who wants JSON")
        for value in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let again = try server.ask(.get(path, ("If-None-Match", value)))
            #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag, "\(value)")
        }
        #expect(try server.ask(.get(path, ("If-None-Match", "\"other\""))).body == first.body)
        #expect(try server.ask(.get(path + "&columns=1")).headers["etag"] != tag)
        #expect(try server.ask(.get(path + "&n=0", ("If-None-Match", "*"))).status != 200)
    }

    @Test func readinessFallsWhenDraining() throws {
        for path in ["/readyz", "/health", "/livez"] { #expect(try server.ask(.get(path)).status == 200) }
        server.beginDrain()
        for path in ["/readyz", "/health"] {
            let reply = try server.ask(.get(path))
            expectRefusal(reply, 503, "draining", path)
            #expect(reply.headers["retry-after"] == "1")
        }
        #expect(try server.ask(.get("/livez")).status == 200)
        #expect(try server.ask(.get("/v1/sample?seed=1")).status == 200, "what comes in is still answered")
    }

    @Test func metricsCountRowsAndStatuses() throws {
        _ = try server.ask(.post("/v1/encode", "application/octet-stream", TestImage(0).octets + TestImage(1).octets))
        _ = try server.ask(.get("/v1/sample?n=3&seed=1"))
        _ = try server.ask(.get("/v1/sample?n=0"))
        let text = try server.ask(.get("/metrics")).text
        #expect(text.contains("vae_rows_total{stage=\"encode\"} 2\n"))
        #expect(text.contains("vae_rows_total{stage=\"decode\"} 3\n"))
        #expect(text.contains("http_route=\"/v1/models/{model}/sample\",http_response_status_code=\"422\"} 1\n"))
    }

    @Test func theSmallestRowLimitStillHasTwoEnds() throws {
        let server = try TestServer(limits: ServiceLimits(rows: 1))
        let path = "/v1/interpolate?from_seed=1&to_seed=2"
        #expect(try server.json(.get(path), as: Imaged.self).z?.count == 2)
        expectRefusal(try server.ask(.get(path + "&steps=3")), 422, "invalid_value", "steps=3")
        expectRefusal(try server.ask(.get("/v1/sample?n=2")), 422, "invalid_value", "n=2")
    }
}

/// NaN and infinity never reach a client.
@Suite struct NonFiniteTests {
    @Test func areRefusedAndCounted() throws {
        let server = try TestServer { try TestModel.writeOverflowing(to: $0.file("digits.safetensors")) }
        let white = "{\"images\":[[" + Array(repeating: "1", count: TestModel.pixels).joined(separator: ",") + "]]}"
        let black = white.replacing("1", with: "0")
        let far = "{\"z\":[1e6,1e6,1e6]}"
        let bad = [
            WireRequest.post("/v1/encode", json: white), .post("/v1/reconstruct", json: white),
            .post("/v1/reconstruct?format=png", json: white), .post("/v1/decode", json: far),
            .post("/v1/decode?format=png", json: far),
        ]
        let good = WireRequest.post("/v1/encode", json: black)
        for (index, reply) in try server.ask(together: bad.flatMap { [$0, good] }).enumerated() {
            if index % 2 == 0 {
                expectRefusal(reply, 422, "non_finite_result", "request \(index / 2)")
            } else {
                #expect(reply.status == 200, "a neighbour in the batch")
            }
            #expect(!reply.text.lowercased().contains("\":nan") && !reply.text.contains("[inf"))
        }
        #expect(try server.ask(.get("/metrics")).text.contains("vae_nonfinite_total \(bad.count)\n"))
    }
}
