import Testing

@testable import VAEServing

/// A row alone equals the row in any batch, under load, with any number of workers; a seed gives the same bytes.
@Suite struct InvarianceTests {
    private static let images = (0..<70).map { TestImage($0) }

    private static func encode(_ images: ArraySlice<TestImage>) -> WireRequest {
        .post("/v1/encode", "application/octet-stream", images.flatMap(\.octets))
    }

    @Test func everyBatchSizeGivesEveryRowTheSameBits() throws {
        let server = try TestServer()
        let alone = try Self.images.indices.map { index in
            try server.json(Self.encode(Self.images[index...index]), as: Encoded.self)
        }
        let (mu, sigma) = (alone.map { $0.mu[0] }, alone.map { $0.sigma[0] })
        for count in 1...70 {
            let batch = try server.json(Self.encode(Self.images[..<count]), as: Encoded.self)
            #expect(batch.mu == Array(mu[..<count]), "a batch of \(count)")
            #expect(batch.sigma == Array(sigma[..<count]), "a batch of \(count)")
        }
        let codes = mu.map { "[" + $0.map { "\($0)" }.joined(separator: ",") + "]" }
        let single = try codes.map { code in
            try server.json(.post("/v1/decode", json: "{\"z\":\(code)}"), as: Imaged.self).images[0]
        }
        for count in [1, 2, 3, 7, 16, 17, 64, 70] {
            let body = "{\"z\":[\(codes[..<count].joined(separator: ","))]}"
            let batch = try server.json(.post("/v1/decode", json: body), as: Imaged.self)
            #expect(batch.images == Array(single[..<count]), "a batch of \(count)")
        }
        let samples = try server.json(.get("/v1/sample?n=70&seed=7"), as: Imaged.self)
        for count in [1, 2, 5, 33] {
            let fewer = try server.json(.get("/v1/sample?n=\(count)&seed=7"), as: Imaged.self)
            #expect(fewer.z == samples.z.map { Array($0[..<count]) })
            #expect(fewer.images == Array(samples.images[..<count]))
        }
    }

    @Test func theSameBytesFromAnyNumberOfWorkersUnderLoad() throws {
        var requests: [WireRequest] = []
        for turn in 0..<16 {
            requests.append(Self.encode(Self.images[turn...turn]))
            requests.append(Self.encode(Self.images[turn..<(turn * 4 + 4)]))
            requests.append(.get("/v1/sample?n=\(turn + 1)&seed=\(turn)"))
            requests.append(.get("/v1/interpolate?from_seed=\(turn)&to_seed=9&steps=5&method=slerp&format=png"))
        }
        let expected = try requests.map(TestServer().ask).map(\.body)
        for workers in [1, 2, 4] {
            let server = try TestServer(workers: workers)
            for start in stride(from: 0, to: requests.count, by: 16) {
                let found = try server.ask(together: Array(requests[start..<(start + 16)]))
                for (offset, reply) in found.enumerated() {
                    #expect(reply.status == 200)
                    #expect(reply.body == expected[start + offset], "\(workers) workers, request \(start + offset)")
                }
            }
        }
    }

    @Test func aBadRequestDoesNotHarmItsNeighbours() throws {
        let server = try TestServer()
        let good = Self.encode(Self.images[0...1])
        let expected = try server.ask(good).body
        let bad = [
            WireRequest.form("/v1/encode", [("a", try Self.images[2].png), ("b", [1, 2, 3])]),
            .post("/v1/encode", json: "{\"images\":[\(Self.images[3].flat),[0.5]]}"),
            .post("/v1/decode", json: "{\"z\":[[0,0,0],[1,1,1],[1]]}"),
            .post("/v1/interpolate", json: "{\"from\":\(Self.images[4].flat),\"to\":{\"z\":[1]}}"),
        ]
        for _ in 0..<4 {
            let replies = try server.ask(together: bad.flatMap { [good, $0] })
            for (index, reply) in replies.enumerated() {
                if index % 2 == 0 {
                    #expect(reply.status == 200 && reply.body == expected, "\(reply.text)")
                } else {
                    #expect([400, 422].contains(reply.status), "\(reply.text)")
                }
            }
        }
    }
}
