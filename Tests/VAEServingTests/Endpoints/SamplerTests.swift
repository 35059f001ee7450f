import Testing
import VAE

@testable import VAEServing

/// Samples from the posterior of images, and from where the codes of training images lie.
@Suite struct SamplerTests {
    private let images = (0..<3).map { TestImage($0) }

    /// Two Gaussians far apart, and one with a covariance.
    private func measured(limits: ServiceLimits = ServiceLimits(), mixture: Bool = true) throws -> TestServer {
        try TestServer(limits: limits) { directory in
            let path = directory.file("digits.safetensors")
            try TestModel.write(to: path)
            var checkpoint = try Checkpoint(path: path)
            checkpoint.aggregate = AggregatePosterior(
                mean: [1, 2, 3], covariance: [4, 2, 0, 2, 10, 0, 0, 0, 1],
                mixture: mixture
                    ? try GaussianMixture(
                        weights: [0.25, 0.75], means: [50, 0, 0, -50, 0, 0],
                        cholesky: [1, 0, 0, 1, 2, 0, 0, 0, 3] + [0.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5]) : nil,
                meanImage: nil)
            try checkpoint.write(to: path)
        }
    }

    private func noise(_ rows: Int, seed: UInt64, domain: RandomStream.Domain = .prior, draw: UInt32 = 0) -> [[Float]] {
        let buffer = FloatBuffer(count: rows * 3)
        unsafe RandomStream(seed: seed, domain: domain, draw: draw).normals(rows: rows, width: 3, into: buffer.base)
        return (0..<rows).map { buffer.array($0 * 3..<$0 * 3 + 3) }
    }

    private func expectClose(_ found: [Float], _ expected: [Float], _ what: String) {
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-4, "\(what)") }
        #expect(found.count == expected.count)
    }

    @Test func gaussianHasTheMomentsOfTheCodes() throws {
        let found = try measured().json(.get("/v1/sample?n=4&seed=7&sampler=gaussian&temperature=0.5"), as: Imaged.self)
        // [[4, 2], [2, 10]] = L Lᵀ with L = [[2, 0], [1, 3]].
        for (row, e) in noise(4, seed: 7).enumerated() {
            let expected = [1 + 0.5 * 2 * e[0], 2 + 0.5 * (e[0] + 3 * e[1]), 3 + 0.5 * e[2]]
            expectClose(try #require(found.z)[row], expected, "row \(row)")
        }
    }

    @Test func mixtureDrawsComponentsByWeight() throws {
        let server = try measured()
        let found = try server.json(.get("/v1/sample?n=400&seed=7&sampler=gmm"), as: Imaged.self)
        let z = try #require(found.z)
        let chances = (0..<400).map {
            RandomStream(seed: 7, domain: .component).uniforms(row: UInt32($0), count: 1)[0]
        }
        for (row, e) in noise(400, seed: 7).enumerated() {
            let isFirst = chances[row] < 0.25
            let expected =
                isFirst ? [50 + e[0], e[0] + 2 * e[1], 3 * e[2]] : [-50 + 0.5 * e[0], 0.5 * e[1], 0.5 * e[2]]
            expectClose(z[row], expected, "row \(row)")
        }
        #expect((60...140).contains(z.count { $0[0] > 0 }), "a quarter of them, but for chance")
    }

    @Test(arguments: ["gmm", "gaussian", "prior"]) func rowsOfASeedDoNotDependOnHowMany(sampler: String) throws {
        let server = try measured()
        let path = "/v1/sample?seed=3&sampler=\(sampler)"
        let many = try server.json(.get(path + "&n=33"), as: Imaged.self)
        let few = try server.json(.get(path + "&n=5"), as: Imaged.self)
        #expect(few.z == many.z.map { Array($0[..<5]) } && few.images == Array(many.images[..<5]))
        let reply = try server.ask(.get(path))
        let tag = try #require(reply.headers["etag"])
        #expect(try server.ask(.get(path, ("If-None-Match", tag))).status == 304)
    }

    @Test func theSamplerIsTold() throws {
        let server = try measured()
        #expect(try server.ask(.get("/v1/sample?seed=1&sampler=gmm")).text.contains("\"sampler\":\"gmm\""))
        let plain = try server.ask(.get("/v1/sample?seed=1"))
        #expect(try server.ask(.get("/v1/sample?seed=1&sampler=prior")).body == plain.body)
    }

    @Test func withoutAnAggregatePosteriorOnlyThePriorIsThere() throws {
        let server = try TestServer()
        for sampler in ["gmm", "gaussian"] {
            let refusal = try server.ask(.get("/v1/sample?sampler=\(sampler)"))
            expectRefusal(refusal, 422, "invalid_value", sampler)
            #expect(refusal.text.contains("vae-trainer evaluate --write"))
        }
        expectRefusal(try server.ask(.get("/v1/sample?sampler=flow")), 422, "invalid_value", "flow")
        let single = try measured(mixture: false)
        expectRefusal(try single.ask(.get("/v1/sample?sampler=gmm")), 422, "invalid_value", "no mixture")
        #expect(try single.ask(.get("/v1/sample?sampler=gaussian")).status == 200)
    }

    private func post(_ images: [TestImage], _ query: String) -> WireRequest {
        .post("/v1/sample\(query)", "application/octet-stream", images.flatMap(\.octets))
    }

    @Test func drawsAreThoseOfThePosterior() throws {
        let server = try measured()
        let reply = try server.ask(post(images, "?n=4&seed=11&temperature=2"))
        #expect(reply.headers["x-vae-seed"] == "11" && reply.headers["etag"] == nil)
        let found = try reply.json(Imaged.self)
        let encoded = try server.json(
            .post("/v1/encode", "application/octet-stream", images.flatMap(\.octets)), as: Encoded.self)
        let z = try #require(found.z)
        #expect(found.seed == 11 && z.count == 12 && found.images.count == 12)
        for row in images.indices {
            for (draw, e) in noise(4, seed: 11, domain: .importance, draw: UInt32(row)).enumerated() {
                let expected = (0..<3).map { encoded.mu[row][$0] + 2 * encoded.sigma[row][$0] * e[$0] }
                expectClose(z[row * 4 + draw], expected, "image \(row), draw \(draw)")
            }
        }
        let decoded = try server.json(.post("/v1/decode", json: "{\"z\":\(text(z))}"), as: Imaged.self)
        #expect(decoded.images == found.images)
    }

    @Test func drawsOfASeedDoNotDependOnHowMany() throws {
        let server = try measured()
        let many = try server.json(post(images, "?n=9&seed=5"), as: Imaged.self)
        let few = try server.json(post(images, "?n=2&seed=5"), as: Imaged.self)
        let alone = try server.json(post([images[0]], "?seed=5"), as: Imaged.self)
        let z = try #require(many.z)
        #expect(few.z == [z[0], z[1], z[9], z[10], z[18], z[19]] && alone.z == [z[0]])
        #expect(alone.images == [many.images[0]])
        let drawn = try server.json(post(images, ""), as: Imaged.self)
        #expect(try server.json(post(images, "?seed=\(try #require(drawn.seed))"), as: Imaged.self) == drawn)
        let still = try server.json(post(images, "?temperature=0&seed=5"), as: Imaged.self)
        let means = try server.json(
            .post("/v1/encode", "application/octet-stream", images.flatMap(\.octets)), as: Encoded.self)
        #expect(still.z == means.mu)
        let picture = try server.ask(post(images, "?n=4&seed=5&format=png"))
        #expect(picture.headers["content-type"] == "image/png")
        let pixels = try ImageDecoder().pixels(picture.body.span, channels: 1)
        #expect(pixels.width == 4 * (TestModel.width + 2) - 2 && pixels.height == 3 * (TestModel.height + 2) - 2)
    }

    @Test func wrongRequests() throws {
        let server = try measured(limits: ServiceLimits(rows: 8))
        for (what, request, status, code) in [
            ("too many draws", post(images, "?n=3"), 413, "too_many_rows"),
            ("no draws", post(images, "?n=0"), 422, "invalid_value"),
            ("a sampler for a posterior", post(images, "?sampler=gmm"), 400, "unknown_parameter"),
            ("a version for chance", post(images, "?version=1"), 400, "unknown_parameter"),
            ("no image", post([], ""), 400, "malformed_body"),
            ("codes", .post("/v1/sample", json: "{\"z\":[[0,0,0]]}"), 400, "unknown_parameter"),
        ] {
            expectRefusal(try server.ask(request), status, code, what)
        }
    }
}
