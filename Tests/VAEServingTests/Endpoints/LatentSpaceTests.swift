import Testing
import VAE

@testable import VAEServing

/// What the trips through latent space answer: traverse, grid, arithmetic, attributes and edit.
@Suite struct LatentSpaceTests {
    struct Reply: Decodable, Equatable {
        let model: String
        let z: [[Float]]
        let images: [[[[Float]]]]
        let dimensions: [Int]?
        let unit: String?
        let values: [Float]?
        let method: String?
        let rows: Int?
        let columns: Int?
        let strength: [Float]?
        let attribute: String?
    }

    private let server: TestServer
    /// Of the mean KL divergences 0.5, 2 and 1 and an aggregate posterior.
    private static let order = [1, 2, 0]
    private static let mean: [Float] = [0.25, -0.5, 1]
    private static let deviation: [Float] = [0.5, 2, 1.5]

    init() throws {
        server = try TestServer { directory in
            try TestModel.write(to: directory.file("digits.safetensors"))
            var measured = try Checkpoint(path: directory.file("digits.safetensors"))
            measured.training.perDimensionKL = [0.5, 2, 1]
            let latent = TestModel.latent
            measured.aggregate = AggregatePosterior(
                mean: Self.mean,
                covariance: (0..<latent * latent).map {
                    $0 % (latent + 1) == 0 ? Self.deviation[$0 / latent] * Self.deviation[$0 / latent] : 0
                },
                mixture: nil, meanImage: nil)
            measured.landmarks = try LatentLandmarks(
                prototypes: [], directions: [LatentLandmark(name: "bold & round", vector: [0.5, 0, -2])])
            try measured.write(to: directory.file("measured.safetensors"))
            var plane = TestModel.configuration
            plane = .dense(input: plane.input, hidden: [16], latent: 2)
            try TestModel.write(to: directory.file("plane.safetensors"), plane)
            try directory.link("default.safetensors", to: "digits.safetensors")
        }
    }

    private func code(seed: Int) throws -> [Float] {
        try #require(try server.json(.get("/v1/sample?seed=\(seed)"), as: Imaged.self).z?[0])
    }

    private func code(of image: TestImage) throws -> [Float] {
        try server.json(.post("/v1/encode", "application/octet-stream", image.octets), as: Encoded.self).mu[0]
    }

    /// The images are those that decode makes of the codes.
    private func expectDecoded(_ reply: Reply, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let decoded = try server.json(
            .post("/v1/models/\(reply.model)/decode", json: "{\"z\":\(text(reply.z))}"), as: Imaged.self)
        #expect(decoded.images == reply.images, sourceLocation: sourceLocation)
    }

    // MARK: - traverse

    @Test func traverseMovesOneDimensionAtATime() throws {
        let reply = try server.json(
            .get("/v1/models/measured/traverse?seed=7&dimensions=2,0&range=2&steps=5"), as: Reply.self)
        #expect(reply.dimensions == [2, 0] && reply.unit == "aggregate" && reply.values == [-2, -1, 0, 1, 2])
        let start = try code(seed: 7)
        for (line, dimension) in [2, 0].enumerated() {
            for step in 0..<5 {
                var expected = start
                expected[dimension] = Self.mean[dimension] + Float(step - 2) * Self.deviation[dimension]
                #expect(reply.z[line * 5 + step] == expected, "dimension \(dimension), step \(step)")
            }
        }
        try expectDecoded(reply)
    }

    @Test func traverseGoesByDivergence() throws {
        let reply = try server.json(.get("/v1/models/measured/traverse?seed=7"), as: Reply.self)
        #expect(reply.dimensions == Self.order && reply.values?.count == 11 && reply.z.count == 33)
        struct Card: Decodable { let dimensions_by_kl: [Int] }
        #expect(try server.json(.get("/v1/models/measured"), as: Card.self).dimensions_by_kl == Self.order)
        // What is not measured stays in its own order, and is as the prior has it.
        let plain = try server.json(.get("/v1/traverse?seed=7&steps=2&range=1.5"), as: Reply.self)
        #expect(plain.dimensions == [0, 1, 2] && plain.unit == "prior" && plain.values == [-1.5, 1.5])
        #expect(plain.z[0][0] == -1.5 && plain.z[5][2] == 1.5)
    }

    @Test func traverseTakesEveryPoint() throws {
        let image = TestImage(1)
        let query = "/v1/traverse?dimensions=1&steps=2"
        let expected = try server.json(
            .post("/v1/traverse", json: "{\"from\":\(image.flat),\"dimensions\":[1],\"steps\":2}"), as: Reply.self)
        #expect(expected.z.map { $0[0] } == [Float](repeating: try code(of: image)[0], count: 2))
        for request in [
            WireRequest.post(query, "image/png", try image.png),
            .post(query, "application/octet-stream", image.octets),
            .form(query, [("a", try image.png)]),
            .post(query, json: "{\"from\":{\"z\":\(text([try code(of: image)]))}}"),
        ] {
            #expect(try server.json(request, as: Reply.self) == expected)
        }
        #expect(
            try server.json(.post(query, json: "{\"from\":{\"seed\":7}}"), as: Reply.self)
                == server.json(.get(query + "&seed=7"), as: Reply.self))
    }

    // MARK: - grid

    @Test func gridIsBilinear() throws {
        let corners = try (1...4).map { try code(seed: $0) }
        let reply = try server.json(.get("/v1/grid?seeds=1,2,3,4&rows=3&columns=5"), as: Reply.self)
        #expect(reply.rows == 3 && reply.columns == 5 && reply.method == "linear")
        for (line, column, corner) in [(0, 0, 0), (0, 4, 1), (2, 0, 2), (2, 4, 3)] {
            #expect(reply.z[line * 5 + column] == corners[corner], "a corner is exactly what was given")
        }
        for line in 0..<3 {
            for column in 0..<5 {
                let (t, u) = (Float(line) / 2, Float(column) / 4)
                for j in 0..<TestModel.latent {
                    let expected =
                        (1 - t) * ((1 - u) * corners[0][j] + u * corners[1][j])
                        + t * ((1 - u) * corners[2][j] + u * corners[3][j])
                    #expect(abs(reply.z[line * 5 + column][j] - expected) < 1e-6)
                }
            }
        }
        try expectDecoded(reply)
    }

    @Test func gridOfThreeIsAParallelogramAndOfTwoALine() throws {
        let corners = try (1...3).map { try code(seed: $0) }
        let three = try server.json(.get("/v1/grid?seeds=1,2,3&rows=2&columns=2"), as: Reply.self)
        let fourth = (0..<TestModel.latent).map { corners[1][$0] + corners[2][$0] - corners[0][$0] }
        #expect(three.z == corners + [fourth])
        for method in ["linear", "slerp"] {
            let two = try server.json(.get("/v1/grid?seeds=1,2&columns=6&method=\(method)"), as: Reply.self)
            let path = try server.json(
                .get("/v1/interpolate?from_seed=1&to_seed=2&steps=6&method=\(method)"), as: Imaged.self)
            #expect(two.rows == 1 && two.z == path.z && two.images == path.images)
        }
    }

    @Test func gridTakesMixedPoints() throws {
        let image = TestImage(2)
        let body = "{\"corners\":[\(image.flat),{\"seed\":3},{\"z\":[1,2,3]}],\"rows\":2,\"columns\":2}"
        let reply = try server.json(.post("/v1/grid", json: body), as: Reply.self)
        #expect(try Array(reply.z[..<3]) == [code(of: image), code(seed: 3), [1, 2, 3]])
        let images = (0..<4).map { TestImage($0) }
        let octets = try server.json(
            .post("/v1/grid?rows=2&columns=2", "application/octet-stream", images.flatMap(\.octets)), as: Reply.self)
        #expect(try octets.z == images.map { try code(of: $0) })
    }

    @Test func aModelOfTwoDimensionsIsShownWhole() throws {
        let reply = try server.json(.get("/v1/models/plane/grid?rows=3&columns=3"), as: Reply.self)
        // Φ⁻¹(0.05) = −1.6448536…
        let edge: Float = 1.644_853_6
        let places = [-edge, 0, edge]
        #expect(reply.method == "manifold" && reply.z.count == 9)
        for (index, code) in reply.z.enumerated() {
            #expect(abs(code[0] - places[index % 3]) < 1e-6 && abs(code[1] - places[index / 3]) < 1e-6)
        }
        try expectDecoded(reply)
    }

    // MARK: - arithmetic, attributes, edit

    @Test func arithmetic() throws {
        let codes = try [code(seed: 1), code(of: TestImage(1)), [1, 2, 3]]
        let body = "{\"plus\":[{\"seed\":1},{\"z\":[1,2,3]}],\"minus\":[\(TestImage(1).flat)]}"
        let reply = try server.json(.post("/v1/arithmetic", json: body), as: Reply.self)
        let expected = (0..<3).map { Float(Double(codes[0][$0]) + Double(codes[2][$0]) - Double(codes[1][$0])) }
        #expect(reply.z == [expected])
        try expectDecoded(reply)
        let images = [TestImage(3), TestImage(4)]
        let form = try server.json(
            .form("/v1/arithmetic", [("minus", try images[1].png), ("plus", try images[0].png)]), as: Reply.self)
        let difference = try zip(code(of: images[0]), code(of: images[1])).map { $0 - $1 }
        #expect(form.z == [difference])
        let alone = try server.json(.post("/v1/arithmetic", json: "{\"plus\":[{\"seed\":1}]}"), as: Reply.self)
        #expect(alone.z == [codes[0]])
    }

    private struct Attribute: Decodable, Equatable {
        let direction: [Float]
        let norm: Double
        let accuracy: Double?
        let separation: Double?
    }

    @Test func attributes() throws {
        // Apart along the first axis: 10 and 12 against 1, 2 and 3.
        let sets =
            "{\"positive\":[{\"z\":[10,0,1]},{\"z\":[12,0,1]}],\"negative\":[{\"z\":[1,0,1]},{\"z\":[2,0,1]},{\"z\":[3,0,1]}]}"
        let found = try server.json(.post("/v1/attributes", json: sets), as: Attribute.self)
        // Means 11 and 2; squares of the distances 2 + 2 in all, over 5 − 2.
        #expect(found.direction == [9, 0, 0] && found.norm == 9 && found.accuracy == 1)
        #expect(abs((found.separation ?? 0) - 9 / (4.0 / 3).squareRoot()) < 1e-12)
        let images = (0..<3).map { TestImage($0) }
        let form = try server.json(
            .form("/v1/attributes", [("positive", try images[0].png), ("negative", try images[1].png)]),
            as: Attribute.self)
        #expect(try form.direction == zip(code(of: images[0]), code(of: images[1])).map { $0 - $1 })
        #expect(form.accuracy == nil && form.separation == nil, "one code each tells nothing")
    }

    @Test func edit() throws {
        let start = try code(seed: 7)
        let direction: [Float] = [0.5, 0, -2]
        let body = "{\"from\":{\"seed\":7},\"direction\":[0.5,0,-2]"
        let listed = try server.json(.post("/v1/edit", json: body + ",\"strength\":[0,-1,0.25]}"), as: Reply.self)
        #expect(listed.strength == [0, -1, 0.25] && listed.z[0] == start)
        for (index, strength) in [Float(0), -1, 0.25].enumerated() {
            for j in 0..<3 { #expect(abs(listed.z[index][j] - start[j] - strength * direction[j]) < 1e-6) }
        }
        try expectDecoded(listed)
        let even = try server.json(.post("/v1/edit?steps=3&range=2", json: body + "}"), as: Reply.self)
        #expect(even.strength == [-2, 0, 2] && even.z[1] == start)
        #expect(try server.json(.post("/v1/edit", json: body + ",\"steps\":3,\"range\":2}"), as: Reply.self) == even)
        // The checkpoint `measured` has the same direction under a name.
        let path = "/v1/models/measured/edit"
        for request in [
            WireRequest.post(
                path, json: "{\"from\":{\"seed\":7},\"attribute\":\"bold & round\",\"steps\":3,\"range\":2}"),
            .post(path + "?attribute=bold+%26+round&strength=-2,0,2", json: "{\"from\":{\"z\":\(text([start]))}}"),
        ] {
            let named = try server.json(request, as: Reply.self)
            #expect(named.attribute == "bold & round" && named.z == even.z && named.images == even.images)
        }
        let image = try server.json(
            .post(path + "?attribute=bold+%26+round&strength=0", "image/png", try TestImage(2).png), as: Reply.self)
        #expect(try image.z == [code(of: TestImage(2))])
        let one = try server.json(.post("/v1/edit", json: body + ",\"strength\":-1}"), as: Reply.self)
        #expect(one.z == [listed.z[1]])
    }

    // MARK: - For all of them

    static let requests = [
        WireRequest.get("/v1/traverse?seed=7"), .get("/v1/grid?seeds=1,2,3&method=slerp"),
        .post("/v1/traverse?steps=4", "application/octet-stream", TestImage(5).octets),
        .post("/v1/grid", json: "{\"corners\":[{\"seed\":1},\(TestImage(1).flat)],\"columns\":4}"),
        .post("/v1/arithmetic", json: "{\"plus\":[\(TestImage(2).flat)],\"minus\":[{\"seed\":5}]}"),
        .post("/v1/attributes", json: "{\"positive\":[\(TestImage(3).flat)],\"negative\":[{\"seed\":5}]}"),
        .post("/v1/edit", json: "{\"from\":\(TestImage(4).flat),\"direction\":[1,0.5,0.25]}"),
    ]

    @Test func sameBytesWhateverTheBatchAndTheWorkers() throws {
        let expected = try Self.requests.map(TestServer().ask).map(\.body)
        let load = (0..<6).map { WireRequest.post("/v1/encode", "application/octet-stream", TestImage($0).octets) }
        for workers in [1, 3] {
            let server = try TestServer(workers: workers)
            for _ in 0..<3 {
                let mixed = zip(Self.requests, Self.requests.indices).flatMap { [load[$1 % load.count], $0] }
                let replies = try server.ask(together: mixed)
                for index in Self.requests.indices {
                    #expect(replies[2 * index + 1].status == 200, "\(replies[2 * index + 1].text)")
                    #expect(replies[2 * index + 1].body == expected[index], "request \(index), \(workers) workers")
                }
            }
        }
    }

    @Test(arguments: ["/v1/traverse?seed=7", "/v1/grid?seeds=1,2"]) func seedsHaveEntityTags(_ path: String) throws {
        let first = try server.ask(.get(path))
        let tag = try #require(first.headers["etag"])
        #expect(first.headers["cache-control"] == "public, no-cache" && first.headers["vary"] == "Accept")
        let again = try server.ask(.get(path, ("If-None-Match", tag)))
        #expect(again.status == 304 && again.body.isEmpty)
        #expect(try server.ask(.get(path + "&format=png")).headers["etag"] != tag)
        #expect(try server.ask(.get(path + "&version=x")).status == 404)
    }

    @Test func wrongRequests() throws {
        let server = try TestServer(limits: ServiceLimits(rows: 8))
        func post(_ operation: String, _ json: String) -> WireRequest { .post("/v1/\(operation)", json: json) }
        let png = try TestImage(0).png
        let rows: [(String, WireRequest, Int, String)] = [
            ("no seed", .get("/v1/traverse"), 422, "invalid_value"),
            ("dimension 3 of 3", .get("/v1/traverse?seed=1&steps=2&dimensions=3"), 422, "invalid_value"),
            ("a dimension twice", .get("/v1/traverse?seed=1&steps=2&dimensions=1,1"), 422, "invalid_value"),
            ("dimensions=", .get("/v1/traverse?seed=1&dimensions="), 422, "invalid_value"),
            ("three lines of four", .get("/v1/traverse?seed=1&steps=4&dimensions=0,1,2"), 413, "too_many_rows"),
            ("steps=1", .get("/v1/traverse?seed=1&steps=1"), 422, "invalid_value"),
            ("range=nan", .get("/v1/traverse?seed=1&range=nan"), 422, "invalid_value"),
            ("POST with seed", .post("/v1/traverse?seed=1", "image/png", png), 400, "unknown_parameter"),
            ("two images", .form("/v1/traverse", [("a", png), ("b", png)]), 422, "invalid_shape"),
            ("no from", post("traverse", "{\"steps\":2}"), 422, "invalid_value"),
            (
                "text as dimensions", post("traverse", "{\"from\":{\"seed\":1},\"dimensions\":[\"a\"]}"), 422,
                "invalid_value"
            ),
            ("one corner", .get("/v1/grid?seeds=1"), 422, "invalid_value"),
            ("five corners", .get("/v1/grid?seeds=1,2,3,4,5"), 422, "invalid_value"),
            ("no corners", .get("/v1/grid"), 422, "invalid_value"),
            ("no corners in JSON", post("grid", "{\"rows\":2}"), 422, "invalid_value"),
            ("two lines of two corners", .get("/v1/grid?seeds=1,2&rows=2"), 422, "invalid_value"),
            ("3 × 3 of 8", .get("/v1/grid?seeds=1,2,3,4&rows=3&columns=3"), 422, "invalid_value"),
            ("a picture as corners", .post("/v1/grid", "image/png", png), 415, "unsupported_media_type"),
            ("nothing to add", post("arithmetic", "{\"minus\":[{\"seed\":1}]}"), 422, "invalid_value"),
            ("plus is an object", post("arithmetic", "{\"plus\":{\"seed\":1}}"), 422, "invalid_value"),
            (
                "nine points",
                post(
                    "arithmetic",
                    "{\"plus\":[" + Array(repeating: "{\"seed\":1}", count: 9).joined(separator: ",") + "]}"), 413,
                "too_many_rows"
            ),
            ("a part of no set", .form("/v1/arithmetic", [("plus", png), ("times", png)]), 400, "unknown_parameter"),
            ("one set", post("attributes", "{\"positive\":[{\"seed\":1}]}"), 422, "invalid_value"),
            ("one set as a form", .form("/v1/attributes", [("positive", png)]), 422, "invalid_value"),
            ("attributes as PNG", .post("/v1/attributes?format=png", json: "{}"), 406, "not_acceptable"),
            ("no direction", post("edit", "{\"from\":{\"seed\":1}}"), 422, "invalid_value"),
            ("two of three", post("edit", "{\"from\":{\"seed\":1},\"direction\":[1,2]}"), 422, "invalid_shape"),
            (
                "both ways", post("edit", "{\"from\":{\"seed\":1},\"direction\":[1,2,3],\"strength\":1,\"steps\":3}"),
                422, "invalid_value"
            ),
            (
                "no strength", post("edit", "{\"from\":{\"seed\":1},\"direction\":[1,2,3],\"strength\":[]}"), 422,
                "invalid_value"
            ),
            ("neither", .post("/v1/edit", "image/png", png), 422, "invalid_value"),
            ("no such name", .post("/v1/edit?attribute=bold", "image/png", png), 422, "invalid_value"),
            (
                "a name and numbers", post("edit", "{\"from\":{\"seed\":1},\"direction\":[1,2,3],\"attribute\":\"a\"}"),
                422,
                "invalid_value"
            ),
        ]
        let expected = try server.ask(.get("/v1/sample?seed=1")).body
        for (what, request, status, code) in rows {
            expectRefusal(try server.ask(request), status, code, what)
            #expect(try server.ask(.get("/v1/sample?seed=1")).body == expected, "after \(what)")
        }
    }
}
