import Testing
import VAE

@testable import VAEServing

/// What the operations that give images answer, as JSON and as PNG.
@Suite struct OutputFormTests {
    private let server: TestServer

    init() throws { server = try TestServer() }

    /// The JSON images, rounded, in a grid with gaps of two black pixels.
    private func picture(_ images: [[[[Float]]]], columns: Int) -> ImagePixels {
        let lines = (images.count + columns - 1) / columns
        let width = columns * (TestModel.width + 2) - 2
        let height = lines * (TestModel.height + 2) - 2
        var bytes = [UInt8](repeating: 0, count: width * height)
        for (index, image) in images.enumerated() {
            for (y, line) in image[0].enumerated() {
                for (x, value) in line.enumerated() {
                    let top = index / columns * (TestModel.height + 2) + y
                    bytes[top * width + index % columns * (TestModel.width + 2) + x] = UInt8(255 * value + 0.5)
                }
            }
        }
        return ImagePixels(width: width, height: height, channels: 1, values: bytes)
    }

    private func expectPicture(
        _ request: WireRequest, _ images: [[[[Float]]]], columns: Int, _ what: String
    ) throws {
        let reply = try server.ask(request)
        #expect(reply.status == 200 && reply.headers["content-type"] == "image/png", "\(what): \(reply.status)")
        let found = try ImageDecoder().pixels(reply.body.span, channels: 1)
        #expect(found == picture(images, columns: columns), "\(what)")
    }

    @Test func sample() throws {
        let reply = try server.json(.get("/v1/sample?n=5&seed=7"), as: Imaged.self)
        #expect(reply.model == "digits" && reply.seed == 7)
        #expect(reply.z?.count == 5 && reply.images.count == 5)
        let z = FloatBuffer(count: 5 * TestModel.latent)
        unsafe RandomStream(seed: 7, domain: .prior).normals(rows: 5, width: TestModel.latent, into: z.base)
        #expect(Array((reply.z ?? []).joined()) == z.array())
        let decoded = try server.json(.post("/v1/decode", json: "{\"z\":\(text(reply.z ?? []))}"), as: Imaged.self)
        #expect(decoded.images == reply.images)
        for (request, columns) in [
            (WireRequest.get("/v1/sample?n=5&seed=7&format=png"), 3),
            (.get("/v1/sample?n=5&seed=7", ("Accept", "image/png")), 3),
            (.get("/v1/models/digits/sample?n=5&seed=7&format=png&columns=2"), 2),
            (.get("/v1/sample?n=5&seed=7&format=png&columns=1024"), 5),
        ] {
            try expectPicture(request, reply.images, columns: columns, "sample in \(columns) columns")
        }
    }

    @Test func seedsReachAllOf64Bits() throws {
        let seeds: [UInt64] = [0, 1 << 32, 1 << 53 + 1, .max]
        let replies = try seeds.map { try server.json(.get("/v1/sample?seed=\($0)"), as: Imaged.self) }
        #expect(replies.map(\.seed) == seeds)
        #expect(Set(replies.map { $0.z?[0] ?? [] }).count == seeds.count)
    }

    @Test func aDrawnSeedGivesTheReplyAgain() throws {
        let request = try server.ask(.get("/v1/sample?n=2"))
        #expect(request.headers["cache-control"] == "no-store" && request.headers["etag"] == nil)
        let reply = try request.json(Imaged.self)
        let seed = try #require(reply.seed)
        #expect(request.headers["x-vae-seed"] == "\(seed)" && seed < 1 << 53)
        #expect(try server.json(.get("/v1/sample?n=2&seed=\(seed)"), as: Imaged.self) == reply)
    }

    @Test func temperatureScalesTheCode() throws {
        let one = try server.json(.get("/v1/sample?seed=7"), as: Imaged.self).z?[0] ?? []
        let half = try server.json(.get("/v1/sample?seed=7&temperature=0.5"), as: Imaged.self).z?[0] ?? []
        #expect(half == one.map { $0 * 0.5 })
        let none = try server.json(.get("/v1/sample?seed=7&temperature=0"), as: Imaged.self).z?[0] ?? []
        #expect(none.allSatisfy { $0 == 0 })
    }

    @Test func reconstruct() throws {
        let images = [TestImage(1), TestImage(2)]
        let body = "{\"images\":[\(images[0].flat),\(images[1].flat)]}"
        let reply = try server.json(.post("/v1/reconstruct", json: body), as: Imaged.self)
        let encoded = try server.json(.post("/v1/encode", json: body), as: Encoded.self)
        #expect(reply.mu == encoded.mu && reply.sigma == encoded.sigma)
        let decoded = try server.json(.post("/v1/decode", json: "{\"z\":\(text(encoded.mu))}"), as: Imaged.self)
        #expect(reply.images == decoded.images)
        for (row, image) in images.enumerated() {
            let values = Array(decoded.images[row].joined().joined())
            let pairs = zip(image.floats, values)
            // −Σ x ln p + (1 − x) ln(1 − p), and Σ ½ (μ² + σ² − 1 − ln σ²), through the numbers of the replies.
            let nats = pairs.reduce(0.0) { $0 - Double($1.0) * ln($1.1) - (1 - Double($1.0)) * ln(1 - $1.1) }
            let kl = zip(encoded.mu[row], encoded.sigma[row]).reduce(0.0) { sum, q in
                let (mu, sigma) = (Double(q.0), Double(q.1))
                return sum + 0.5 * (mu * mu + sigma * sigma - 1) - ln(q.1)
            }
            #expect(abs(Double(reply.reconstruction?[row] ?? 0) - nats) < 1e-4 * nats)
            #expect(abs(Double(reply.kl?[row] ?? 0) - kl) < 1e-5 * max(1, kl))
        }
        try expectPicture(.post("/v1/reconstruct?format=png", json: body), reply.images, columns: 2, "reconstruct")
    }

    @Test func interpolateKeepsBothEnds() throws {
        let (a, b): ([Float], [Float]) = ([0.1, -1.5, 2.25], [1, 0.3, -0.7])
        for method in ["linear", "slerp"] {
            for steps in [2, 3, 7] {
                let ends = "\"from\":{\"z\":\(text([a]).dropFirst().dropLast())},\"to\":{\"z\":\(text([b]))}"
                let body = "{\(ends),\"steps\":\(steps),\"method\":\"\(method)\"}"
                let reply = try server.json(.post("/v1/interpolate", json: body), as: Imaged.self)
                let z = try #require(reply.z)
                #expect(reply.method == method && z.count == steps && reply.images.count == steps)
                #expect(z.first == a && z.last == b, "\(method), \(steps) steps")
                let decoded = try server.json(.post("/v1/decode", json: "{\"z\":\(text(z))}"), as: Imaged.self)
                #expect(decoded.images == reply.images)
            }
        }
    }

    @Test func interpolateBetweenSeedsAndImages() throws {
        let seeds = try server.json(.get("/v1/interpolate?from_seed=1&to_seed=2&steps=4&method=slerp"), as: Imaged.self)
        let posted = "{\"from\":{\"seed\":1},\"to\":{\"seed\":2},\"steps\":4,\"method\":\"slerp\"}"
        #expect(try server.json(.post("/v1/interpolate", json: posted), as: Imaged.self) == seeds)
        for (index, seed) in [(0, 1), (3, 2)] {
            #expect(try server.json(.get("/v1/sample?seed=\(seed)"), as: Imaged.self).z?[0] == seeds.z?[index])
        }
        let images = [TestImage(1), TestImage(2)]
        let octets = images.flatMap(\.octets)
        let codes = try server.json(.post("/v1/encode", "application/octet-stream", octets), as: Encoded.self).mu
        let requests = [
            WireRequest.form("/v1/interpolate", [("x", try images[0].png), ("y", try images[1].png)]),
            .form("/v1/interpolate", [("to", try images[1].png), ("from", try images[0].png)]),
            .post("/v1/interpolate", json: "{\"from\":\(images[0].rows),\"to\":\"\(try images[1].base64)\"}"),
            .post("/v1/interpolate", json: "{\"from\":{\"z\":\(text([codes[0]]))},\"to\":\(images[1].flat)}"),
        ]
        for request in requests {
            let reply = try server.json(request, as: Imaged.self)
            #expect(reply.z?.count == 10 && reply.method == "linear")
            #expect(reply.z?.first == codes[0] && reply.z?.last == codes[1])
        }
        try expectPicture(
            .get("/v1/interpolate?from_seed=1&to_seed=2&steps=4&method=slerp&format=png"), seeds.images, columns: 4,
            "interpolate in one line")
    }

    @Test(arguments: [
        "1,2,3|1,2,3", "1,2,3|2,4,6", "1,2,3|-1,-2,-3", "0,0,0|1,2,3", "0,0,0|0,0,0", "1e-30,0,0|0,1e30,0",
    ])
    func slerpOfCodesWithoutAnAngleIsFinite(_ ends: String) throws {
        let codes = ends.split(separator: "|").map { "{\"z\":[\($0)]}" }
        let limited = codes.map { $0.replacing("1e30", with: "1e6") }
        let body = "{\"from\":\(limited[0]),\"to\":\(limited[1]),\"steps\":5,\"method\":\"slerp\"}"
        let reply = try server.json(.post("/v1/interpolate", json: body), as: Imaged.self)
        #expect(reply.z?.count == 5)
        #expect(reply.z?.joined().allSatisfy(\.isFinite) == true)
    }
}

/// ln, to 1e-12, without a platform's library: 2·atanh on the mantissa.
private func ln(_ value: Float) -> Double {
    let x = Double(value)
    let s = (x.significand - 1) / (x.significand + 1)
    var (power, sum) = (s, 0.0)
    for k in stride(from: 1.0, through: 41, by: 2) {
        sum += power / k
        power *= s * s
    }
    return 2 * sum + Double(x.exponent) * 0.6931471805599453
}
