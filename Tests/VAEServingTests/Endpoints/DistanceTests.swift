import Testing
import VAE

@testable import VAEServing

/// What `distance` answers.
private struct Distances: Decodable {
    struct Nearest: Decodable, Equatable {
        let name: String
        let distance: Float
    }
    let model: String
    let euclidean: [[Float]]
    let wasserstein2: [[Float]]
    let symmetric_kl: [[Float]]?
    let nearest: [Nearest]?
    let prototypes: [String]?
}

/// Distances between posteriors and points, and from the checkpoint's prototypes.
@Suite struct DistanceTests {
    private let images = (0..<4).map { TestImage($0) }

    private func labelled(limits: ServiceLimits = ServiceLimits()) throws -> TestServer {
        try TestServer(limits: limits) { directory in
            let path = directory.file("digits.safetensors")
            try TestModel.write(to: path)
            var checkpoint = try Checkpoint(path: path)
            checkpoint.landmarks = try LatentLandmarks(
                prototypes: [
                    LatentLandmark(name: "near", vector: [0, 0, 0]),
                    LatentLandmark(name: "far \"7\"", vector: [9, 0, 9]),
                ], directions: [])
            try checkpoint.write(to: path)
        }
    }

    private func post(_ json: String) -> WireRequest { .post("/v1/distance", json: json) }

    @Test func betweenPosteriors() throws {
        let server = try labelled()
        let flat = images.map(\.flat)
        let found = try server.json(
            post("{\"from\":[\(flat[0]),\(flat[1])],\"to\":[\(flat[1]),\(flat[2]),\(flat[3])]}"), as: Distances.self)
        let octets = images.flatMap(\.octets)
        let q = try server.json(.post("/v1/encode", "application/octet-stream", octets), as: Encoded.self)
        let divergences = try #require(found.symmetric_kl)
        for row in 0..<2 {
            for column in 0..<3 {
                let (a, b) = (row, column + 1)
                var (means, deviations, nats): (Float, Float, Float) = (0, 0, 0)
                for j in 0..<TestModel.latent {
                    let (m, s, n, t) = (q.mu[a][j], q.sigma[a][j], q.mu[b][j], q.sigma[b][j])
                    means += (m - n) * (m - n)
                    deviations += (s - t) * (s - t)
                    nats += 0.5 * ((s * s + (m - n) * (m - n)) / (t * t) - 1)
                    nats += 0.5 * ((t * t + (m - n) * (m - n)) / (s * s) - 1)
                }
                #expect(abs(found.euclidean[row][column] - means.squareRoot()) < 1e-5)
                #expect(abs(found.wasserstein2[row][column] - (means + deviations).squareRoot()) < 1e-5)
                #expect(abs(divergences[row][column] - nats) < 1e-4)
            }
        }
        #expect(found.euclidean[1][0] == 0 && divergences[1][0] == 0 && found.nearest == nil)
    }

    @Test func aPointHasNoDivergence() throws {
        let server = try labelled()
        let found = try server.json(
            post("{\"from\":[{\"z\":[3,4,0]},{\"seed\":7}],\"to\":[{\"z\":[0,0,0]},\(images[0].flat)]}"),
            as: Distances.self)
        let seed = try server.json(.get("/v1/sample?seed=7"), as: Imaged.self).z?[0] ?? []
        let norm = seed.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        #expect(found.euclidean[0][0] == 5 && abs(found.euclidean[1][0] - norm) < 1e-6)
        #expect(found.symmetric_kl == nil && found.wasserstein2[0][0] == 5)
        #expect(found.wasserstein2[0][1] > found.euclidean[0][1], "the image has a σ")
        let reply = try server.ask(post("{\"from\":[{\"z\":[3,4,0]}],\"to\":[{\"z\":[0,0,0]}]}"))
        #expect(reply.text.contains("\"symmetric_kl\":null"))
    }

    @Test func nearestPrototype() throws {
        let server = try labelled()
        let found = try server.json(post("{\"from\":[{\"z\":[1,0,0]},{\"z\":[9,0,5]}]}"), as: Distances.self)
        #expect(found.prototypes == ["near", "far \"7\""] && found.symmetric_kl == nil)
        #expect(found.nearest == [.init(name: "near", distance: 1), .init(name: "far \"7\"", distance: 4)])
        #expect(found.euclidean.map(\.count) == [2, 2])
        let png = try server.json(.post("/v1/distance", "image/png", try images[0].png), as: Distances.self)
        let octets = try server.json(
            .post("/v1/distance", "application/octet-stream", images[0].octets), as: Distances.self)
        #expect(png.euclidean == octets.euclidean && png.nearest?.count == 1)
        let form = try server.json(
            .form("/v1/distance", [("to", try images[1].png), ("from", try images[0].png)]), as: Distances.self)
        let json = try server.json(
            post("{\"from\":[\(images[0].flat)],\"to\":[\"\(try images[1].base64)\"]}"), as: Distances.self)
        #expect(form.euclidean == json.euclidean && form.symmetric_kl == json.symmetric_kl)
    }

    @Test func wrongRequests() throws {
        let server = try labelled(limits: ServiceLimits(rows: 8))
        let point = "{\"seed\":1}"
        let many = "[" + Array(repeating: point, count: 9).joined(separator: ",") + "]"
        for (what, request, status, code) in [
            ("no from", post("{\"to\":[\(point)]}"), 422, "invalid_value"),
            ("from nothing", post("{\"from\":[]}"), 422, "invalid_value"),
            ("one point, no list", post("{\"from\":\(point)}"), 422, "invalid_value"),
            ("too many points", post("{\"from\":\(many)}"), 413, "too_many_rows"),
            ("a short code", post("{\"from\":[{\"z\":[1]}]}"), 422, "invalid_shape"),
            ("another member", post("{\"from\":[\(point)],\"metric\":1}"), 400, "unknown_parameter"),
            ("a picture", .post("/v1/distance?format=png", json: "{\"from\":[\(point)]}"), 406, "not_acceptable"),
            ("a parameter", .post("/v1/distance?n=1", json: "{\"from\":[\(point)]}"), 400, "unknown_parameter"),
            ("GET", .get("/v1/distance"), 405, "method_not_allowed"),
        ] {
            expectRefusal(try server.ask(request), status, code, what)
        }
        let refusal = try TestServer().ask(post("{\"from\":[\(point)]}"))
        expectRefusal(refusal, 422, "invalid_value", "no prototypes")
        #expect(refusal.text.contains("vae-trainer evaluate --write"))
    }
}
