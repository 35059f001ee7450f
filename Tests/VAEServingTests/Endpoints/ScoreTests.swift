import Glibc
import Testing
import VAE

@testable import VAEServing

/// What `score` answers.
private struct Scored: Decodable, Equatable {
    let model: String
    let samples: UInt64?
    let seed: UInt64?
    let reconstruction: [Float]
    let kl: [Float]
    let kl_per_dimension: [[Float]]
    let elbo: [Float]
    let bits_per_dimension: [Float]
    let bound: [Float]?
    let standard_error: [Float]?
    let effective_sample_size: [Float]?
    let excess: [Float]?
    let complexity_bits: [Float]?
    let corrected: [Float]?
    let typicality: [Float]?
    let mahalanobis: [Float]?
    let mixture: [Float]?
    let score: String
    let percentile: [String: [Float]]?
    let anomalous: [Bool]?
}

/// Scores of images: their terms, their invariance, and how they compare with held-out images.
@Suite struct ScoreTests {
    private let images = (0..<20).map { TestImage($0) }

    private func post(_ images: some Sequence<TestImage>, _ query: String = "") -> WireRequest {
        .post("/v1/score\(query)", "application/octet-stream", images.flatMap(\.octets))
    }

    /// A server of the test model with an aggregate posterior, a mixture, and costs of held-out images.
    private func measured(rows: Int = 1024) throws -> TestServer {
        try TestServer(limits: ServiceLimits(rows: rows)) { directory in
            let path = directory.file("digits.safetensors")
            try TestModel.write(to: path)
            var checkpoint = try Checkpoint(path: path)
            let identity: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
            checkpoint.aggregate = AggregatePosterior(
                mean: [0.5, 0, 0], covariance: identity,
                mixture: try GaussianMixture(
                    weights: [0.5, 0.5], means: [0, 0, 0, 1, 1, 1], cholesky: identity + identity), meanImage: nil)
            var record = EvaluationRecord()
            record.scores = EvaluationRecord.Scores(
                ranks: [0, 0.5, 1], images: 10,
                atMean: .init(
                    samples: nil, typicalLoss: 20,
                    quantiles: ["elbo": [0, 20, 100], "excess": [0, 0.001, 0.002], "typicality": [0, 10, 100]]),
                drawn: .init(samples: 6, typicalLoss: 21, quantiles: ["bound": [0, 20, 100], "elbo": [0, 25, 100]]))
            checkpoint.evaluation = record
            try checkpoint.write(to: path)
        }
    }

    @Test func termsAreThoseOfReconstruct() throws {
        let server = try measured()
        let found = try server.json(post(images[..<3]), as: Scored.self)
        let known = try server.json(
            .post("/v1/reconstruct", "application/octet-stream", images[..<3].flatMap(\.octets)), as: Imaged.self)
        #expect(found.reconstruction == known.reconstruction && found.kl == known.kl)
        for row in 0..<3 {
            let loss = found.reconstruction[row] + found.kl[row]
            #expect(abs(found.elbo[row] + loss) < 1e-5)
            #expect(abs(found.kl_per_dimension[row].reduce(0, +) - found.kl[row]) < 1e-5)
            #expect(found.kl_per_dimension[row].count == TestModel.latent)
            #expect(abs(found.bits_per_dimension[row] - loss / (30 * 0.6931472)) < 1e-5)
            let png = try PNGEncoder().encode(
                FloatBuffer(images[row].floats).array().span, count: 1, shape: [1, TestModel.height, TestModel.width])
            #expect(found.complexity_bits?[row] == Float(8 * png.count))
            #expect(abs((found.corrected?[row] ?? 0) - (loss / 0.6931472 - Float(8 * png.count))) < 1e-3)
            let entropy = images[row].floats.reduce(Float(0)) { $0 - xlogx($1) - xlogx(1 - $1) }
            #expect(abs((found.excess?[row] ?? 0) - (loss - entropy)) < 1e-3)
            let mu = try #require(known.mu)[row]
            let distance = ((mu[0] - 0.5) * (mu[0] - 0.5) + mu[1] * mu[1] + mu[2] * mu[2]).squareRoot()
            #expect(abs((found.mahalanobis?[row] ?? 0) - distance) < 1e-5)
            #expect((found.mixture?[row] ?? 0) < 0)
        }
        #expect(found.samples == nil && found.seed == nil && found.bound == nil && found.score == "excess")
    }

    private func xlogx(_ x: Float) -> Float { x > 0 ? x * logf(x) : 0 }

    @Test func aRowAloneIsTheRowInAnyBatch() throws {
        let server = try measured()
        let all = try server.json(post(images), as: Scored.self)
        let fewer = try server.json(post(images[..<7]), as: Scored.self)
        #expect(fewer.elbo == Array(all.elbo[..<7]) && fewer.mixture == all.mixture.map { Array($0[..<7]) })
        for (row, image) in images.enumerated() {
            let alone = try server.json(post([image]), as: Scored.self)
            #expect(alone.elbo[0] == all.elbo[row] && alone.mahalanobis?[0] == all.mahalanobis?[row])
            #expect(alone.percentile?["elbo"]?[0] == all.percentile?["elbo"]?[row])
        }
    }

    @Test func drawsBelongToSeedRowAndNumber() throws {
        let server = try measured()
        let all = try server.ask(post(images, "?samples=6&seed=9"))
        #expect(try server.ask(post(images, "?samples=6&seed=9")).body == all.body)
        let scored = try all.json(Scored.self)
        let first = try server.json(post(images[..<1], "?samples=6&seed=9"), as: Scored.self)
        #expect(first.bound?[0] == scored.bound?[0] && first.elbo[0] == scored.elbo[0])
        // As row 0 the second image has other noise than as row 1.
        let second = try server.json(post(images[1..<2], "?samples=6&seed=9"), as: Scored.self)
        #expect(second.kl[0] == scored.kl[1] && second.bound?[0] != scored.bound?[1])
        let other = try server.json(post(images, "?samples=6&seed=10"), as: Scored.self)
        #expect(other.bound != scored.bound && other.kl == scored.kl)
        for row in images.indices {
            let (bound, effective) = try (#require(scored.bound)[row], #require(scored.effective_sample_size)[row])
            #expect(bound >= scored.elbo[row] - 2, "the bound is tighter than the ELBO but for the noise of the draws")
            #expect((1...6.001).contains(effective) && (scored.standard_error?[row] ?? -1) >= 0)
        }
        let one = try server.json(post(images, "?samples=1&seed=9"), as: Scored.self)
        #expect(one.standard_error == nil && one.effective_sample_size == images.map { _ in 1 })
    }

    /// ln w = ln p(x|z) + ln p(z) − ln q(z|x) of every draw, through the numbers of other replies.
    @Test func theBoundIsThatOfItsDraws() throws {
        let server = try measured()
        let (samples, seed): (Int, UInt64) = (5, 1 << 40)
        let found = try server.json(post(images[..<2], "?samples=\(samples)&seed=\(seed)"), as: Scored.self)
        let octets = images[..<2].flatMap(\.octets)
        let encoded = try server.json(.post("/v1/encode", "application/octet-stream", octets), as: Encoded.self)
        for row in 0..<2 {
            let noise = FloatBuffer(count: samples * 3)
            unsafe RandomStream(seed: seed, domain: .importance, draw: UInt32(row)).normals(
                rows: samples, width: 3, into: noise.base)
            var weights: [Double] = []
            var nats = 0.0
            for draw in 0..<samples {
                let e = noise.array(draw * 3..<draw * 3 + 3)
                var z: [Float] = []
                var ratio = 0.0
                for dimension in 0..<3 {
                    let (mu, sigma) = (encoded.mu[row][dimension], encoded.sigma[row][dimension])
                    z.append(mu + sigma * e[dimension])
                    ratio += 0.5 * Double(e[dimension] * e[dimension] - z[dimension] * z[dimension])
                    ratio += log(Double(sigma))
                }
                let decoded = try server.json(.post("/v1/decode", json: "{\"z\":\(text([z]))}"), as: Imaged.self)
                var nll = 0.0
                for (x, p) in zip(images[row].floats, decoded.images[0].joined().joined()) {
                    nll -= Double(x) * log(Double(p)) + Double(1 - x) * log(Double(1 - p))
                }
                weights.append(ratio - nll)
                nats += nll / Double(samples)
            }
            let bound = LogWeights(weights).bound
            #expect(abs(Double(try #require(found.bound)[row]) - bound) < 1e-4)
            #expect(abs(Double(found.reconstruction[row]) - nats) < 1e-4)
        }
    }

    @Test func percentilesAndThresholds() throws {
        let server = try measured()
        let found = try server.json(post(images[..<4], "?score=elbo&threshold=40"), as: Scored.self)
        #expect(Set((found.percentile ?? [:]).keys) == ["elbo", "excess", "typicality"])
        let percentiles = try #require(found.percentile?["elbo"])
        for (row, percentile) in percentiles.enumerated() {
            let cost = -found.elbo[row]
            let expected = cost < 20 ? 100 - cost * 2.5 : max(0, 50 - (cost - 20) * 0.625)
            #expect(abs(percentile - expected) < 1e-3, "cost \(cost)")
            #expect(abs((found.typicality?[row] ?? -1) - abs(cost - 20)) < 1e-4)
        }
        #expect(found.anomalous == percentiles.map { $0 < 40 } && found.score == "elbo")
        // By default everything of this model costs too much.
        let all = try server.json(post(images[..<4], "?threshold=5"), as: Scored.self)
        #expect(all.score == "excess" && all.anomalous == [true, true, true, true])
        #expect(try server.json(post(images[..<4], "?threshold=0"), as: Scored.self).anomalous?.contains(true) == false)
        let drawn = try server.json(post(images[..<4], "?samples=6&score=bound&threshold=50"), as: Scored.self)
        #expect(drawn.anomalous == drawn.bound?.map { -$0 > 20 } && drawn.percentile?["elbo"] != nil)
        let other = try server.json(post(images[..<4], "?samples=7"), as: Scored.self)
        #expect(other.percentile?["bound"] == nil && other.percentile?["elbo"] != nil)
    }

    @Test func withoutHeldOutImagesThereAreNoPercentiles() throws {
        let server = try TestServer()
        let found = try server.json(post(images[..<2]), as: Scored.self)
        #expect(found.percentile == nil && found.mahalanobis == nil && found.typicality == nil)
        let refusal = try server.ask(post(images[..<1], "?threshold=5"))
        expectRefusal(refusal, 422, "invalid_value", "threshold")
        #expect(refusal.text.contains("vae-trainer evaluate --write"))
    }

    @Test func wrongRequests() throws {
        let server = try measured(rows: 8)
        for (what, request, status, code) in [
            ("no samples", post(images[..<1], "?samples=0"), 422, "invalid_value"),
            ("too many samples", post(images[..<1], "?samples=100000000"), 422, "invalid_value"),
            ("too many altogether", post(images[..<8], "?samples=4473924"), 413, "too_many_rows"),
            ("too many images", post(images[..<9]), 413, "too_many_rows"),
            ("a seed for nothing", post(images[..<1], "?seed=3"), 422, "invalid_value"),
            ("a seed that is none", post(images[..<1], "?samples=2&seed=x"), 422, "invalid_value"),
            ("another score", post(images[..<1], "?score=loss"), 422, "invalid_value"),
            ("a bound without samples", post(images[..<1], "?score=bound"), 422, "invalid_value"),
            (
                "a bound of other samples", post(images[..<1], "?score=bound&samples=5&threshold=5"), 422,
                "invalid_value"
            ),
            ("a score without quantiles", post(images[..<1], "?score=kl&threshold=5"), 422, "invalid_value"),
            ("a threshold above 100", post(images[..<1], "?threshold=101"), 422, "invalid_value"),
            ("a threshold of NaN", post(images[..<1], "?threshold=nan"), 422, "invalid_value"),
            ("another parameter", post(images[..<1], "?n=3"), 400, "unknown_parameter"),
            ("a picture", post(images[..<1], "?format=png"), 406, "not_acceptable"),
            ("nothing", post([]), 400, "malformed_body"), ("GET", .get("/v1/score"), 405, "method_not_allowed"),
        ] {
            expectRefusal(try server.ask(request), status, code, what)
        }
    }

    /// The label takes part on both ways: it changes every term, and the draws are decoded with it.
    @Test func conditionalModelsAreScoredWithTheirLabel() throws {
        let server = try TestServer { directory in
            let configuration = ModelConfiguration.dense(
                input: [1, TestModel.height, TestModel.width], hidden: [16], latent: 3, classes: 4)
            try TestModel.write(to: directory.file("digits.safetensors"), configuration)
        }
        let octets = images[..<3].flatMap(\.octets)
        let known = try server.json(
            .post("/v1/reconstruct?label=0,2,3", "application/octet-stream", octets), as: Imaged.self)
        let found = try server.json(post(images[..<3], "?label=0,2,3"), as: Scored.self)
        #expect(found.reconstruction == known.reconstruction && found.kl == known.kl)
        let drawn = try server.json(post(images[..<3], "?label=0,2,3&samples=4&seed=1"), as: Scored.self)
        let first = try server.json(post(images[..<1], "?label=0&samples=4&seed=1"), as: Scored.self)
        let other = try server.json(post(images[..<1], "?label=1&samples=4&seed=1"), as: Scored.self)
        #expect(drawn.bound?[0] == first.bound?[0] && other.bound?[0] != first.bound?[0])
        let z = try server.json(
            .post("/v1/sample?label=2&n=2&seed=5", "application/octet-stream", images[0].octets), as: Imaged.self)
        let decoded = try server.json(
            .post("/v1/decode?label=2", json: "{\"z\":\(text(try #require(z.z)))}"), as: Imaged.self)
        #expect(decoded.images == z.images)
        expectRefusal(try server.ask(post(images[..<1])), 422, "invalid_value", "without a label")
    }

    @Test func resultsThatAreNoNumbersAreErrors() throws {
        let server = try TestServer { try TestModel.writeOverflowing(to: $0.file("digits.safetensors")) }
        let white = "{\"images\":[[\(Array(repeating: "1", count: 30).joined(separator: ","))]]}"
        for query in ["", "?samples=4&seed=1"] {
            expectRefusal(
                try server.ask(.post("/v1/score\(query)", json: white)), 422, "non_finite_result", "score\(query)")
        }
    }
}

extension LogWeights {
    fileprivate init(_ logWeights: [Double]) {
        self.init()
        for weight in logWeights { add(weight) }
    }
}
