import Testing
import VAE

@testable import VAEServing

/// Conditional models: every row has a class, which its encoder and its decoder are told.
@Suite struct ConditionalTests {
    private static let classes = 4
    private let server: TestServer
    private let checkpoint: Checkpoint
    private let images = [TestImage(1), TestImage(2), TestImage(3)]
    private var octets: [UInt8] { images.flatMap(\.octets) }

    init() throws {
        server = try TestServer { directory in
            let configuration = ModelConfiguration.dense(
                input: TestModel.configuration.input, hidden: [16], latent: TestModel.latent, classes: Self.classes)
            try TestModel.write(to: directory.file("digits.safetensors"), configuration)
            try TestModel.write(to: directory.file("plain.safetensors"))
        }
        checkpoint = try Checkpoint(path: server.directory.file("digits.safetensors"))
    }

    private func oneHot(_ label: Int) -> [Float] { (0..<Self.classes).map { $0 == label ? 1 : 0 } }

    /// What the model makes of images with their labels behind them, a row at a time.
    private func encoded(_ labels: [Int]) throws -> (mu: [[Float]], sigma: [[Float]]) {
        let session = try VAESession(VAEModel(checkpoint.architecture, parameters: checkpoint.parameters))
        var (means, deviations): ([[Float]], [[Float]]) = ([], [])
        for (image, label) in zip(images, labels) {
            let x = FloatBuffer(image.floats + oneHot(label))
            let (mu, logVariance, sigma) = (FloatBuffer(count: 3), FloatBuffer(count: 3), FloatBuffer(count: 3))
            try unsafe session.encode(
                rows: 1, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
            means.append(mu.array())
            deviations.append(sigma.array())
        }
        return (means, deviations)
    }

    private func decoded(_ codes: [[Float]], _ labels: [Int]) throws -> [[Float]] {
        let session = try VAESession(VAEModel(checkpoint.architecture, parameters: checkpoint.parameters))
        return try zip(codes, labels).map { code, label in
            let (z, image) = (FloatBuffer(code + oneHot(label)), FloatBuffer(count: TestModel.pixels))
            try unsafe session.decode(rows: 1, z: z.base, into: image.base)
            unsafe checkpoint.architecture.likelihood.mean(
                count: image.count, width: image.count, decoded: image.base, into: image.base)
            return image.array()
        }
    }

    private func flat(_ reply: Imaged) -> [[Float]] { reply.images.map { Array($0.joined().joined()) } }

    @Test func encodeIsToldTheClass() throws {
        let expected = try encoded([2, 0, 3])
        let rows = "[\(images.map(\.flat).joined(separator: ","))]"
        for request in [
            WireRequest.post("/v1/encode?label=2,0,3", "application/octet-stream", octets),
            .post("/v1/encode?label=2,0,3", json: "{\"images\":\(rows)}"),
            .post("/v1/encode", json: "{\"images\":\(rows),\"label\":[2,0,3]}"),
            .post("/v1/encode?label=1", json: "{\"label\":[2,0,3],\"images\":\(rows)}"),
        ] {
            let reply = try server.json(request, as: Encoded.self)
            #expect(reply.mu == expected.mu && reply.sigma == expected.sigma)
        }
        let same = try server.json(
            .post("/v1/encode?label=1", "application/octet-stream", octets), as: Encoded.self)
        #expect(try same.mu == encoded([1, 1, 1]).mu, "one for all")
        #expect(same.mu != expected.mu)
    }

    @Test func decodeAndSampleAreToldTheClass() throws {
        let codes: [[Float]] = [[1, -1, 0.5], [0, 2, 0], [1, -1, 0.5]]
        let reply = try server.json(
            .post("/v1/decode", json: "{\"z\":\(text(codes)),\"label\":[0,1,2]}"), as: Imaged.self)
        #expect(try flat(reply) == decoded(codes, [0, 1, 2]))
        #expect(reply.images[0] != reply.images[2])
        let samples = try server.json(.get("/v1/sample?seed=7&label=0,1,2,3"), as: Imaged.self)
        #expect(samples.images.count == 4, "as many as there are labels")
        #expect(try flat(samples) == decoded(try #require(samples.z), [0, 1, 2, 3]))
        let threes = try server.json(.get("/v1/sample?seed=7&n=4&label=3"), as: Imaged.self)
        #expect(threes.z == samples.z && threes.images[3] == samples.images[3] && threes.images[0] != samples.images[0])
    }

    @Test func reconstructUsesOneClassBothWays() throws {
        let reply = try server.json(
            .post("/v1/reconstruct?label=3,2,1", "application/octet-stream", octets), as: Imaged.self)
        #expect(try reply.mu == encoded([3, 2, 1]).mu)
        #expect(try flat(reply) == decoded(try #require(reply.mu), [3, 2, 1]))
    }

    @Test func tripsThroughLatentSpaceHaveOneClass() throws {
        let image = images[0].flat
        let mean = try encoded([2]).mu[0]
        for (request, first) in [
            (WireRequest.post("/v1/interpolate", json: "{\"from\":\(image),\"to\":{\"seed\":1},\"label\":2}"), mean),
            (.post("/v1/interpolate?label=2", json: "{\"from\":\(image),\"to\":{\"seed\":1}}"), mean),
            (.post("/v1/grid", json: "{\"corners\":[\(image),{\"seed\":1},{\"seed\":2}],\"label\":2}"), mean),
            (.post("/v1/edit", json: "{\"from\":\(image),\"direction\":[1,0,0],\"strength\":0,\"label\":2}"), mean),
            (.post("/v1/arithmetic", json: "{\"plus\":[\(image)],\"label\":2}"), mean),
            (.post("/v1/traverse?dimensions=2&steps=3&label=2", "image/png", try images[0].png), Array(mean[..<2])),
        ] {
            let reply = try server.json(request, as: Imaged.self)
            let z = try #require(reply.z)
            #expect(Array(z[0].prefix(first.count)) == first)
            #expect(try flat(reply) == decoded(z, [Int](repeating: 2, count: z.count)))
        }
        for path in ["interpolate?from_seed=1&to_seed=2", "traverse?seed=1", "grid?seeds=1,2"] {
            let reply = try server.json(.get("/v1/\(path)&label=1"), as: Imaged.self)
            let z = try #require(reply.z)
            #expect(try flat(reply) == decoded(z, [Int](repeating: 1, count: z.count)), "\(path)")
        }
        struct Attribute: Decodable { let direction: [Float] }
        let attribute = try server.json(
            .post("/v1/attributes", json: "{\"positive\":[\(image)],\"negative\":[{\"z\":[0,0,0]}],\"label\":2}"),
            as: Attribute.self)
        #expect(attribute.direction == mean)
    }

    @Test func aBatchMixesClasses() throws {
        let requests = (0..<12).map { index in
            WireRequest.post(
                "/v1/reconstruct?label=\(index % 4)", "application/octet-stream", images[index % 3].octets)
        }
        let alone = try requests.map(server.ask).map(\.body)
        #expect(Set(alone).count == 12)
        for _ in 0..<3 { #expect(try server.ask(together: requests).map(\.body) == alone) }
    }

    @Test func wrongLabels() throws {
        let rows = "[\(images.map(\.flat).joined(separator: ","))]"
        let type = "application/octet-stream"
        for (what, request, code) in [
            ("none", WireRequest.post("/v1/encode", type, octets), "invalid_value"),
            ("none for z", .post("/v1/decode", json: "{\"z\":[0,0,0]}"), "invalid_value"),
            ("none for a sample", .get("/v1/sample"), "invalid_value"),
            ("none for a path", .get("/v1/interpolate?from_seed=1&to_seed=2"), "invalid_value"),
            ("4 of 4", .post("/v1/encode?label=4", type, octets), "invalid_value"),
            ("-1", .get("/v1/sample?label=-1"), "invalid_value"),
            ("two of three", .post("/v1/encode?label=1,2", type, octets), "invalid_shape"),
            ("two of one", .get("/v1/interpolate?from_seed=1&to_seed=2&label=1,2"), "invalid_shape"),
            ("text", .post("/v1/encode", json: "{\"images\":\(rows),\"label\":\"a\"}"), "invalid_value"),
            ("no list", .post("/v1/encode", json: "{\"images\":\(rows),\"label\":[]}"), "invalid_value"),
            ("a model without", .get("/v1/models/plain/sample?label=1"), "invalid_value"),
            ("JSON without", .post("/v1/models/plain/decode", json: "{\"z\":[0,0,0],\"label\":1}"), "invalid_value"),
        ] {
            expectRefusal(try server.ask(request), 422, code, what)
        }
    }

    @Test func cardSaysHowMany() throws {
        struct Card: Decodable { let classes: Int? }
        #expect(try server.json(.get("/v1/models/digits"), as: Card.self).classes == Self.classes)
        #expect(try server.json(.get("/v1/models/plain"), as: Card.self).classes == nil)
    }
}
