import Testing
import VAE

@testable import VAEServing

/// The Open Inference Protocol over a real socket. Triton's own client drives it in the tests from outside.
@Suite struct OpenInferenceTests {
    private let server: TestServer

    init() throws {
        server = try TestServer { directory in
            try TestModel.write(to: directory.file("digits.safetensors"))
            // Named like a part of another.
            try TestModel.write(to: directory.file("digits_encoder.safetensors"), seed: 2)
            try TestModel.write(to: directory.file("other.safetensors"), seed: 3)
        }
    }

    private struct Reply: Decodable {
        struct Output: Decodable {
            struct Parameters: Decodable { let binary_data_size: Int? }
            let name: String
            let shape: [Int]
            let datatype: String
            let data: [Float]?
            let parameters: Parameters?
        }
        struct Parameters: Decodable { let seed: UInt64? }
        let model_name: String
        let model_version: String
        let id: String?
        let parameters: Parameters?
        let outputs: [Output]
    }

    private func infer(_ model: String, _ json: String) throws -> Reply {
        try server.json(.post("/v2/models/\(model)/infer", json: json), as: Reply.self)
    }

    private func input(_ image: TestImage, shape: String = "[1,1,6,5]") -> String {
        "\"inputs\":[{\"name\":\"x\",\"shape\":\(shape),\"datatype\":\"FP32\",\"data\":\(image.flat)}]"
    }

    @Test func theNumbersAreThoseOfReconstruct() throws {
        let image = TestImage(3)
        let plain = try server.json(
            .post("/v1/reconstruct", json: "{\"images\":[\(image.flat)]}"), as: Imaged.self)
        let reply = try infer("digits", "{\"id\":\"a\\\"b\",\(input(image))}")
        #expect(reply.model_name == "digits" && reply.id == "a\"b")
        #expect(reply.outputs.map(\.name) == ["x_hat", "mu", "sigma"])
        #expect(reply.outputs.map(\.shape) == [[1, 1, 6, 5], [1, 3], [1, 3]])
        #expect(reply.outputs.allSatisfy { $0.datatype == "FP32" })
        #expect(reply.outputs[0].data == Array(plain.images.joined().joined().joined()))
        #expect(reply.outputs[1].data == plain.mu?[0])
        #expect(reply.outputs[2].data == plain.sigma?[0])
        for (form, shape) in [(image.flat, "[1,30]"), (image.rows, "[1,6,5]"), (image.planes, "[1,1,6,5]")] {
            let data = form.hasPrefix("[[") ? "[\(form)]" : form
            let body =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":\(shape),\"datatype\":\"FP32\",\"data\":\(data)}]}"
            #expect(try infer("digits", body).outputs[1].data == plain.mu?[0], "\(shape)")
        }
    }

    @Test func bytesBothWays() throws {
        let image = TestImage(3)
        let expected = try infer("other_encoder", "{\(input(image))}")
        let header = Array(
            ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,30],\"datatype\":\"FP32\","
                + "\"parameters\":{\"binary_data_size\":120}}],\"parameters\":{\"binary_data_output\":true},"
                + "\"outputs\":[{\"name\":\"sigma\"},{\"name\":\"mu\",\"parameters\":{\"binary_data\":false}}]}").utf8)
        let reply = try server.ask(
            WireRequest(
                "POST", "/v2/models/other_encoder/infer",
                headers: [("Inference-Header-Content-Length", "\(header.count)")], body: header + image.octets))
        try #require(reply.status == 200, "\(reply.text)")
        #expect(reply.headers["content-type"] == "application/octet-stream")
        let length = try #require(reply.headers["inference-header-content-length"].flatMap { Int($0) })
        let json = try VAEServingTests.Reply(
            Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + reply.body[..<length]
        ).json(Reply.self)
        #expect(json.outputs.map(\.name) == ["sigma", "mu"])
        #expect(json.outputs[0].data == nil && json.outputs[0].parameters?.binary_data_size == 12)
        #expect(json.outputs[1].data == expected.outputs[0].data)
        let sigma = unsafe Array(reply.body[length...]).withUnsafeBytes { bytes in
            (0..<3).map { unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
        #expect(sigma == expected.outputs[1].data && reply.body.count == length + 12)
    }

    @Test func aModelOfThatVeryNameWinsOverAPart() throws {
        let reply = try infer("digits_encoder", "{\(input(TestImage(3)))}")
        #expect(reply.outputs.map(\.name) == ["x_hat", "mu", "sigma"])
        #expect(try infer("digits_encoder_encoder", "{\(input(TestImage(3)))}").outputs.map(\.name) == ["mu", "sigma"])
    }

    @Test func drawsDependOnTheSeedAndTheRowOnly() throws {
        let image = TestImage(3)
        let one = "{\"parameters\":{\"sample\":true,\"seed\":9},\(input(image))}"
        let alone = try infer("other_encoder", one)
        #expect(alone.outputs.map(\.name) == ["mu", "sigma", "z"] && alone.parameters == nil)
        #expect(alone.outputs[2].data != alone.outputs[0].data)
        let two =
            "{\"parameters\":{\"sample\":true,\"seed\":9},\"inputs\":[{\"name\":\"x\",\"shape\":[2,30],"
            + "\"datatype\":\"FP32\",\"data\":[\(image.flat),\(image.flat)]}]}"
        let both = try #require(infer("other", two).outputs.last?.data)
        #expect(Array(both[..<3]) == alone.outputs[2].data)
        #expect(Array(both[3...]) != alone.outputs[2].data)
        let drawn = try infer("other_encoder", "{\"parameters\":{\"sample\":true},\(input(image))}")
        #expect(drawn.parameters?.seed != nil)
    }

    @Test(arguments: [
        ("{\"inputs\":[]}", "one input"), ("{}", "inputs"), ("[]", "an array"), ("{\"inputs\":[3]}", "an object"),
        ("{\"inputs\":[{}]}", "name"),
        ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,31],\"datatype\":\"FP32\",\"data\":[1]}]}", "[N, 30]"),
        ("{\"inputs\":[{\"name\":\"x\",\"shape\":[-1,30],\"datatype\":\"FP32\",\"data\":[1]}]}", "found [-1, 30]"),
        ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,30],\"datatype\":\"FP16\",\"data\":[1]}]}", "FP16"),
        ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,30],\"datatype\":\"FP32\",\"data\":[1]}]}", "[30]"),
        ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,30],\"datatype\":\"FP32\"}]}", "neither"),
        ("{\"inputs\":[{\"name\":\"z\",\"shape\":[1,30],\"datatype\":\"FP32\",\"data\":[1]}]}", "no input \"z\""),
        ("{\"parameters\":{\"seed\":1},\"inputs\":[]}", "sample"),
        ("{\"parameters\":{\"sample\":1},\"inputs\":[]}", "parameters.sample"),
        ("{\"parameters\":{\"sample\":true,\"sample\":false},\"inputs\":[]}", "twice"),
        ("{\"outputs\":[{\"name\":\"x\"}],\"inputs\":[]}", "x_hat, mu, sigma, z"),
        ("{\"outputs\":[{\"name\":\"mu\"},{\"name\":\"mu\"}],\"inputs\":[]}", "twice"),
    ])
    func wrongRequestsAre400(_ body: String, _ words: String) throws {
        let reply = try server.ask(.post("/v2/models/other/infer", json: body))
        let refused = try reply.json(Refused.self)
        #expect(reply.status == 400 && refused.status == 400, "\(refused.error)")
        #expect(refused.error.contains(words), "\(refused.error)")
    }

    @Test func readinessFallsWithTheServer() throws {
        for path in ["/v2/health/live", "/v2/health/ready", "/v2/models/other/ready", "/v2/models/other_decoder/ready"]
        {
            #expect(try server.ask(.get(path)).status == 200)
        }
        server.beginDrain()
        expectRefusal(try server.ask(.get("/v2/health/ready")), 503, "draining", "ready")
        expectRefusal(try server.ask(.get("/v2/models/other/ready")), 503, "draining", "a model")
        #expect(try server.ask(.get("/v2/health/live")).status == 200)
    }

    @Test func aVersionIsTheContentHash() throws {
        struct Metadata: Decodable { let versions: [String] }
        let version = try server.json(.get("/v2/models/other"), as: Metadata.self).versions[0]
        #expect(try server.ask(.get("/v2/models/other_decoder/versions/\(version)")).status == 200)
        expectRefusal(try server.ask(.get("/v2/models/other/versions/1")), 404, "unknown_model", "another version")
        let infer = WireRequest.post("/v2/models/other/versions/1/infer", json: "{}")
        expectRefusal(try server.ask(infer), 404, "unknown_model", "another version")
    }
}
