import FoundationEssentials
import Testing
import VAE

@testable import VAEServing

/// The forms of a reply beside JSON and PNG: arrays, base64, animations.
@Suite struct ReplyFormTests {
    private let server: TestServer

    init() throws { server = try TestServer() }

    private static let images = "{\"images\":[\(TestImage(1).flat),\(TestImage(2).flat)]}"

    /// Requests by path, with what the array of the reply is to be and its shape.
    private func replies() throws -> [(request: (String) -> WireRequest, values: [Float], shape: [Int])] {
        let encode: (String) -> WireRequest = { .post("/v1/encode?\($0)", json: Self.images) }
        let encoded = try server.json(encode(""), as: Encoded.self)
        let pairs = zip(encoded.mu, encoded.sigma).flatMap { $0 + $1 }
        let paths: [((String) -> WireRequest, [Int])] = [
            ({ .post("/v1/decode?\($0)", json: "{\"z\":[[1,2,3],[0,0,0]]}") }, [2]),
            ({ .get("/v1/sample?n=3&seed=7&\($0)") }, [3]),
            ({ .get("/v1/interpolate?from_seed=1&to_seed=2&steps=4&\($0)") }, [4]),
            ({ .post("/v1/reconstruct?\($0)", json: Self.images) }, [2]),
            ({ .get("/v1/traverse?seed=1&dimensions=2,0&steps=3&\($0)") }, [2, 3]),
            ({ .get("/v1/grid?seeds=1,2,3&rows=2&columns=5&\($0)") }, [2, 5]),
            ({ .post("/v1/arithmetic?\($0)", json: "{\"plus\":[{\"seed\":1}]}") }, [1]),
            ({ .post("/v1/edit?\($0)", json: "{\"from\":{\"seed\":1},\"direction\":[1,2,3],\"steps\":5}") }, [5]),
        ]
        var all: [(request: (String) -> WireRequest, values: [Float], shape: [Int])] = [
            (encode, pairs, [2, 2, TestModel.latent])
        ]
        for (request, axes) in paths {
            let values = try server.json(request(""), as: Imaged.self).images.joined().joined().joined()
            all.append((request, Array(values), axes + [1, TestModel.height, TestModel.width]))
        }
        return all
    }

    private func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) })
        }
    }

    @Test func arraysHoldTheNumbersOfJSON() throws {
        for (request, values, shape) in try replies() {
            let npy = try server.ask(request("format=npy"))
            let extents = shape.map(String.init)
            #expect(npy.headers["content-type"] == "application/x-npy", "\(npy.text)")
            #expect(npy.headers["x-vae-shape"] == extents.joined(separator: ","))
            let length = 10 + Int(npy.body[8]) + 256 * Int(npy.body[9])
            #expect(Array(npy.body[..<8]) == [0x93] + Array("NUMPY".utf8) + [1, 0] && length % 64 == 0)
            let header = String(decoding: npy.body[10..<length], as: UTF8.self)
            let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents.joined(separator: ", "))), }"
            #expect(header.hasPrefix(dictionary) && header.hasSuffix("\n"), "\(header)")
            #expect(floats(npy.body[length...]) == values, "\(shape)")
            let octets = try server.ask(request("format=octets"))
            #expect(octets.headers["content-type"] == "application/octet-stream")
            #expect(octets.headers["x-vae-shape"] == extents.joined(separator: ","))
            #expect(octets.body == Array(npy.body[length...]))
        }
    }

    @Test func acceptChoosesTheForm() throws {
        for type in ["application/x-npy", "application/octet-stream", "image/apng", "image/png", "application/json"] {
            let reply = try server.ask(.get("/v1/interpolate?from_seed=1&to_seed=2", ("Accept", type)))
            #expect(reply.status == 200 && reply.headers["content-type"] == type)
        }
        expectRefusal(try server.ask(.get("/v1/sample?format=apng")), 406, "not_acceptable", "samples do not move")
        expectRefusal(try server.ask(.get("/v1/sample", ("Accept", "image/apng"))), 406, "not_acceptable", "Accept")
    }

    private struct Coded: Decodable {
        let z: [String]
        let images: [String]
    }

    @Test func base64HoldsTheNumbersOfJSON() throws {
        func decoded(_ texts: [String]) throws -> [[Float]] {
            try texts.map { floats(Array(try #require(Data(base64Encoded: $0)))[...]) }
        }
        let path = "/v1/sample?n=3&seed=7"
        let plain = try server.json(.get(path), as: Imaged.self)
        let coded = try server.json(.get(path + "&encoding_format=base64"), as: Coded.self)
        #expect(try decoded(coded.z) == plain.z)
        #expect(try decoded(coded.images) == plain.images.map { Array($0.joined().joined()) })
        #expect(try server.json(.get(path + "&encoding_format=float"), as: Imaged.self) == plain)

        struct Costs: Decodable {
            let mu: [String]
            let kl: String
        }
        let costs = try server.json(.post("/v1/reconstruct", json: Self.images), as: Imaged.self)
        let codedCosts = try server.json(
            .post("/v1/reconstruct?encoding_format=base64", json: Self.images), as: Costs.self)
        #expect(try decoded(codedCosts.mu) == costs.mu && decoded([codedCosts.kl])[0] == costs.kl)
        expectRefusal(try server.ask(.get(path + "&encoding_format=hex")), 422, "invalid_value", "hex")
    }

    /// Types and contents of the chunks of a PNG.
    private func chunks(_ file: [UInt8]) -> [(type: String, data: [UInt8])] {
        var chunks: [(String, [UInt8])] = []
        var position = 8
        while position + 12 <= file.count {
            let length = number(Array(file[position..<position + 4]))
            let type = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
            chunks.append((type, Array(file[position + 8..<position + 8 + length])))
            position += length + 12
        }
        return chunks
    }

    private func number(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    @Test func animationHasAFrameForEachStep() throws {
        let path = "/v1/interpolate?from_seed=1&to_seed=2&steps=4"
        let reply = try server.ask(.get(path + "&format=apng&fps=25"))
        #expect(reply.status == 200 && reply.headers["content-type"] == "image/apng")
        let found = chunks(reply.body)
        #expect(
            found.map(\.type) == [
                "IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND",
            ])
        #expect(found[1].data == [0, 0, 0, 4, 0, 0, 0, 0])
        let controls = found.filter { $0.type == "fcTL" }.map(\.data)
        #expect(controls.allSatisfy { $0[20..<24] == [0, 1, 0, 25] }, "a twenty-fifth of a second")
        #expect(controls.allSatisfy { number(Array($0[4..<8])) == 5 && number(Array($0[8..<12])) == 6 })
        let numbered = found.filter { $0.type == "fcTL" || $0.type == "fdAT" }.map { number(Array($0.data[..<4])) }
        #expect(numbered == Array(0..<7), "sequence numbers have no gap")

        // Each frame is what the picture of that step alone holds.
        let codes = try #require(try server.json(.get(path), as: Imaged.self).z)
        let frames = [found[3].data] + found.filter { $0.type == "fdAT" }.map { Array($0.data.dropFirst(4)) }
        for (code, frame) in zip(codes, frames) {
            let alone = try server.ask(.post("/v1/decode?format=png", json: "{\"z\":\(text([code]))}")).body
            #expect(chunks(alone).first { $0.type == "IDAT" }?.data == frame)
        }
    }

    @Test func aTraversalMovesAllItsDimensionsAtOnce() throws {
        let path = "/v1/traverse?seed=1&dimensions=2,0&steps=3"
        let found = chunks(try server.ask(.get(path + "&format=apng")).body)
        let reply = try server.json(.get(path), as: Imaged.self)
        let frames = found.filter { ["IDAT", "fdAT"].contains($0.type) }
        #expect(frames.count == 3)
        // The middle frame: the second image of each line, beside each other.
        let codes = try #require(reply.z)
        let pair = try server.ask(.post("/v1/decode?format=png", json: "{\"z\":\(text([codes[1], codes[4]]))}")).body
        #expect(chunks(pair).first { $0.type == "IDAT" }?.data == Array(frames[1].data.dropFirst(4)))
    }

    @Test func aPictureOfATraversalHasALineForEachDimension() throws {
        let path = "/v1/traverse?seed=1&dimensions=2,0&steps=3"
        let reply = try server.json(.get(path), as: Imaged.self)
        let picture = try server.ask(.get(path + "&format=png")).body
        let three = try server.ask(.post("/v1/decode?format=png&columns=3", json: "{\"z\":\(text(reply.z ?? []))}"))
            .body
        #expect(picture == three)
        let grid = "/v1/grid?seeds=1,2,3&rows=2&columns=5"
        let five = try server.json(.get(grid), as: Imaged.self)
        #expect(
            try server.ask(.get(grid + "&format=png")).body
                == server.ask(.post("/v1/decode?format=png&columns=5", json: "{\"z\":\(text(five.z ?? []))}")).body)
    }

    @Test func nonFiniteArraysAreRefused() throws {
        let server = try TestServer { try TestModel.writeOverflowing(to: $0.file("digits.safetensors")) }
        let white = "{\"images\":[[" + Array(repeating: "1", count: TestModel.pixels).joined(separator: ",") + "]]}"
        for query in ["format=npy", "format=octets", "encoding_format=base64"] {
            expectRefusal(
                try server.ask(.post("/v1/encode?\(query)", json: white)), 422, "non_finite_result", "encode \(query)")
            expectRefusal(
                try server.ask(.post("/v1/decode?\(query)", json: "{\"z\":[1e6,1e6,1e6]}")), 422, "non_finite_result",
                "decode \(query)")
        }
        expectRefusal(
            try server.ask(
                .post("/v1/interpolate?format=apng", json: "{\"from\":{\"z\":[1e6,1e6,1e6]},\"to\":{\"seed\":1}}")),
            422,
            "non_finite_result", "apng")
    }
}
