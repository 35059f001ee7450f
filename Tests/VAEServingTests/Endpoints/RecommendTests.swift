import Testing
import VAE

@testable import VAEServing

/// Recommendation models: lists of items in, ranked items out.
@Suite struct RecommendTests {
    private static let items = 12
    private static let ids = (0..<items).map { "film \($0)" }
    private static var configuration: ModelConfiguration {
        var configuration = ModelConfiguration.dense(input: [1, 1, items], hidden: [8], latent: 3)
        configuration.likelihood = .multinomial
        return configuration
    }

    private struct Reply<Item: Decodable & Equatable>: Decodable, Equatable {
        let items: [[Item]]
        let scores: [[Float]]
    }

    private let server: TestServer
    private let checkpoint: Checkpoint

    init() throws {
        server = try TestServer { directory in
            try TestModel.write(to: directory.file("numbers.safetensors"), Self.configuration)
            var films = try Checkpoint(path: directory.file("numbers.safetensors"))
            films.items = Self.ids
            try films.write(to: directory.file("films.safetensors"))
            try TestModel.write(to: directory.file("digits.safetensors"))
            try directory.link("default.safetensors", to: "films.safetensors")
        }
        checkpoint = try Checkpoint(path: server.directory.file("films.safetensors"))
    }

    /// μ of the list's row of unit length, and ln softmax of what the decoder makes of it.
    private func expected(_ list: [Int]) throws -> (mu: [Float], logProbabilities: [Double]) {
        let session = try VAESession(VAEModel(checkpoint.architecture, parameters: checkpoint.parameters))
        let norm = Float(max(1, Set(list).count)).squareRoot()
        let x = FloatBuffer((0..<Self.items).map { list.contains($0) ? 1 / norm : 0 })
        let (mu, logVariance, sigma) = (FloatBuffer(count: 3), FloatBuffer(count: 3), FloatBuffer(count: 3))
        try unsafe session.encode(rows: 1, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        let logits = FloatBuffer(count: Self.items)
        try unsafe session.decode(rows: 1, z: mu.base, into: logits.base)
        // −ln p of one item alone is the cost of that item.
        let costs = (0..<Self.items).map { item in
            let (one, cost) = (FloatBuffer(count: Self.items), FloatBuffer(count: 1))
            one[item] = 1
            unsafe checkpoint.architecture.likelihood.negativeLogLikelihood(
                rows: 1, width: Self.items, decoded: logits.base, x: one.base, logScale: 0, into: cost.base)
            return -Double(cost[0])
        }
        return (mu.array(), costs)
    }

    private func post(_ json: String, _ model: String = "films") -> WireRequest {
        .post("/v1/models/\(model)/recommend", json: json)
    }

    @Test func ranksWhatWasNotSeen() throws {
        let list = [3, 7, 1]
        let scores = try expected(list).logProbabilities
        let order = (0..<Self.items).filter { !list.contains($0) }.sorted { scores[$0] > scores[$1] }
        let reply = try server.json(
            post("{\"items\":[\"film 3\",\"film 7\",\"film 1\"],\"n\":5}"), as: Reply<String>.self)
        #expect(reply.items == [order.prefix(5).map { Self.ids[$0] }])
        for (found, item) in zip(reply.scores[0], order) { #expect(abs(Double(found) - scores[item]) < 1e-5) }
        let all = try server.json(post("{\"items\":[3,7,\"film 1\",3]}"), as: Reply<String>.self)
        #expect(all.items == [order.map { Self.ids[$0] }], "all that is left, by default up to 100")
        let seen = try server.json(
            post("{\"items\":[3,7,1],\"exclude_seen\":false}", "numbers"), as: Reply<Int>.self)
        #expect(seen.items == [(0..<Self.items).sorted { scores[$0] > scores[$1] }])
        #expect(abs(seen.scores[0].reduce(0) { $0 + Double($1.exponential) } - 1) < 1e-5, "ln p of all items")
    }

    @Test func severalUsersAtOnce() throws {
        let lists = [[0], [], [5, 6, 7, 8, 9]]
        let alone = try lists.map { list in
            try server.json(post("{\"items\":\(list),\"n\":4}", "numbers"), as: Reply<Int>.self)
        }
        let together = try server.json(post("{\"items\":[[0],[],[5,6,7,8,9]],\"n\":4}", "numbers"), as: Reply<Int>.self)
        #expect(together.items == alone.map { $0.items[0] } && together.scores == alone.map { $0.scores[0] })
        let requests = lists.map { post("{\"items\":\($0),\"n\":4}", "numbers") }
        for _ in 0..<3 {
            let replies = try server.ask(together: requests + requests)
            #expect(try replies.map { try $0.json(Reply<Int>.self) } == alone + alone)
        }
    }

    @Test func encodeTakesItems() throws {
        let reply = try server.json(.post("/v1/encode", json: "{\"items\":[[\"film 2\",4],[5]]}"), as: Encoded.self)
        #expect(try reply.mu == [expected([2, 4]).mu, expected([5]).mu])
        let counts = (0..<Self.items).flatMap { item -> [UInt8] in
            item == 2 || item == 4 ? [0, 0, 0x80, 0x3F] : [0, 0, 0, 0]
        }
        let octets = try server.json(.post("/v1/encode", "application/octet-stream", counts), as: Encoded.self)
        #expect(octets.mu == [reply.mu[0]])
    }

    @Test func unknownItemsAreRefusedOrIgnored() throws {
        expectRefusal(try server.ask(post("{\"items\":[\"film 1\",\"none\"]}")), 422, "invalid_value", "an unknown id")
        let ignoring = try server.json(
            post("{\"items\":[\"film 1\",\"none\",99],\"ignore_unknown\":true}"), as: Reply<String>.self)
        #expect(ignoring == (try server.json(post("{\"items\":[1]}"), as: Reply<String>.self)))
    }

    @Test func wrongRequests() throws {
        let png = try TestImage(0).png
        for (what, request, status, code) in [
            ("no items", post("{}"), 422, "invalid_value"),
            ("items is text", post("{\"items\":\"film 1\"}"), 422, "invalid_value"),
            ("12 of 12", post("{\"items\":[12]}"), 422, "invalid_value"),
            ("-1", post("{\"items\":[-1]}"), 422, "invalid_value"),
            ("an id without ids", post("{\"items\":[\"film 1\"]}", "numbers"), 422, "invalid_value"),
            ("null", post("{\"items\":[null]}"), 422, "invalid_value"),
            ("a list and an id", post("{\"items\":[[1],2]}"), 422, "invalid_value"),
            ("n=0", post("{\"items\":[1],\"n\":0}"), 422, "invalid_value"),
            ("n=13", post("{\"items\":[1],\"n\":13}"), 422, "invalid_value"),
            ("exclude_seen=1", post("{\"items\":[1],\"exclude_seen\":1}"), 422, "invalid_value"),
            ("unknown member", post("{\"items\":[1],\"k\":1}"), 400, "unknown_parameter"),
            ("a picture", .post("/v1/recommend", "image/png", png), 415, "unsupported_media_type"),
            ("a picture to encode", .post("/v1/encode", "image/png", png), 415, "unsupported_media_type"),
            ("images to encode", .post("/v1/encode", json: "{\"images\":[[1]]}"), 400, "unknown_parameter"),
            ("of a model of images", post("{\"items\":[1]}", "digits"), 422, "invalid_value"),
            ("decode", .post("/v1/decode", json: "{\"z\":[0,0,0]}"), 422, "invalid_value"),
            ("sample", .get("/v1/sample"), 422, "invalid_value"),
            ("reconstruct", .post("/v1/reconstruct", json: "{\"images\":[[1]]}"), 422, "invalid_value"),
            ("traverse", .get("/v1/traverse?seed=1"), 422, "invalid_value"),
        ] as [(String, WireRequest, Int, String)] {
            expectRefusal(try server.ask(request), status, code, what)
        }
    }

    @Test func cardSaysHowMany() throws {
        struct Card: Decodable {
            let items: Int?
            let likelihood: String
        }
        let card = try server.json(.get("/v1/models/films"), as: Card.self)
        #expect(card.items == Self.items && card.likelihood == "multinomial")
        #expect(try server.json(.get("/v1/models/digits"), as: Card.self).items == nil)
    }
}

extension Float {
    /// e^x by its series: the numbers of these tests are small.
    fileprivate var exponential: Double {
        let x = Double(self) / 16
        var (term, sum) = (1.0, 1.0)
        for k in 1...20 {
            term *= x / Double(k)
            sum += term
        }
        return (0..<4).reduce(sum) { value, _ in value * value }
    }
}
