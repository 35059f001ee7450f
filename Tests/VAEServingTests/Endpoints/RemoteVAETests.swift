import Testing
import VAE

@testable import VAEServing

/// diffusers' remote VAE over a real socket. The client itself drives it in the tests from outside.
@Suite struct RemoteVAETests {
    private let server: TestServer

    init() throws { server = try TestServer() }

    private static let z: [Float] = [0.5, -1.25, 2]

    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) } }
    }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        unsafe bytes.withUnsafeBytes { buffer in
            (0..<(bytes.count / 4)).map { unsafe buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    private func decode(_ query: String, accept: String = "tensor/binary") throws -> Reply {
        try server.ask(
            .post(
                "/v1/remote?shape=1&shape=3&dtype=float32&\(query)", "tensor/binary", Self.bytes(Self.z),
                ("Accept", accept)))
    }

    private func images() throws -> [Float] {
        let reply = try server.json(.post("/v1/decode", json: "{\"z\":[0.5,-1.25,2]}"), as: Imaged.self)
        return Array(reply.images.joined().joined().joined())
    }

    @Test func tensorsAreThePlainEndpointsNumbers() throws {
        let images = try images()
        let signed = try decode("output_type=pt&partial_postprocess=False")
        #expect(signed.headers["shape"] == "[1, 1, 6, 5]" && signed.headers["dtype"] == "float32")
        #expect(Self.floats(signed.body) == images.map { 2 * $0 - 1 })
        let unit = try decode("output_type=pil")
        #expect(unit.headers["shape"] == "[1, 3, 6, 5]")
        #expect(Self.floats(unit.body) == images + images + images)
        let bytes = try decode("output_type=pt&partial_postprocess=True")
        #expect(bytes.headers["shape"] == "[1, 6, 5]" && bytes.headers["dtype"] == "uint8")
        #expect(bytes.body == images.map { UInt8(($0 * 255 + 0.5).rounded(.down)) })
    }

    @Test func pictures() throws {
        let png = try decode("output_type=pil&image_format=png", accept: "image/png")
        let plain = try server.ask(
            .post("/v1/decode?format=png", json: "{\"z\":[0.5,-1.25,2]}"))
        #expect(png.body == plain.body && png.headers["content-type"] == "image/png")
        let jpeg = try decode("", accept: "*/*")
        #expect(jpeg.body.starts(with: [0xff, 0xd8]) && jpeg.headers["content-type"] == "image/jpeg")
    }

    @Test func encodedTensorsAreThePlainEndpointsNumbers() throws {
        let image = TestImage(3)
        let plain = try server.json(.post("/v1/encode", "image/png", try image.png), as: Encoded.self)
        let picture = try server.ask(WireRequest("POST", "/v1/models/digits/remote/", body: try image.png))
        #expect(picture.headers["shape"] == "[1, 3]" && Self.floats(picture.body) == plain.mu[0])
        let bytes = try server.ask(
            WireRequest("POST", "/v1/remote?shape=1&shape=1&shape=6&shape=5&dtype=uint8", body: image.bytes))
        #expect(Self.floats(bytes.body) == plain.mu[0])
        let scaled = try server.ask(
            WireRequest("POST", "/v1/remote?scaling_factor=2&shift_factor=0.5", body: try image.png))
        #expect(Self.floats(scaled.body) == plain.mu[0].map { ($0 - 0.5) * 2 })
    }

    @Test func aDrawIsThatOfTheOtherProtocol() throws {
        let image = TestImage(3)
        let draw = try server.ask(WireRequest("POST", "/v1/remote?sample=1&seed=9", body: try image.png))
        struct Inferred: Decodable {
            struct Output: Decodable { let data: [Float] }
            let outputs: [Output]
        }
        let inferred = try server.json(
            .post(
                "/v2/models/digits_encoder/infer",
                json: "{\"parameters\":{\"sample\":true,\"seed\":9},\"outputs\":[{\"name\":\"z\"}],\"inputs\":[{"
                    + "\"name\":\"x\",\"shape\":[1,30],\"datatype\":\"FP32\",\"data\":\(image.flat)}]}"),
            as: Inferred.self)
        #expect(Self.floats(draw.body) == inferred.outputs[0].data)
        #expect(draw.headers["x-vae-seed"] == nil)
        let sampled = try server.json(.post("/v1/sample?seed=9", "image/png", try image.png), as: Imaged.self)
        #expect(sampled.z?[0] == inferred.outputs[0].data)
    }

    @Test(arguments: [
        ("output_type=mp4", "invalid_value"), ("output_type=gif", "invalid_value"),
        ("image_format=bmp&output_type=pil", "invalid_value"),
        ("partial_postprocess=2&output_type=pt", "invalid_value"),
        ("scaling_factor=0", "invalid_value"), ("scaling_factor=x", "invalid_value"),
        ("shift_factor=nan", "invalid_value"),
        ("shape=2", "invalid_shape"), ("scaling_factor=1e-30", "invalid_value"),
    ])
    func wrongRequests(_ query: String, _ code: String) throws {
        expectRefusal(try decode(query, accept: "text/plain"), 422, code, query)
    }
}
