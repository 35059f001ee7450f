import Testing

@testable import VAEServing

/// Every form in which an image or a code may come, over a real socket.
@Suite struct InputFormTests {
    private let server: TestServer

    init() throws { server = try TestServer() }

    @Test func everyFormOfAnImageGivesTheSameCode() throws {
        let image = TestImage(3)
        let expected = try server.json(.post("/v1/encode", "application/octet-stream", image.octets), as: Encoded.self)
        #expect(expected.mu.map(\.count) == [TestModel.latent])
        #expect(expected.sigma[0].allSatisfy { $0 > 0 })
        let (png, base64) = (try image.png, try image.base64)
        let rows: [(String, WireRequest)] = [
            ("PNG", .post("/v1/encode", "image/png", png)),
            ("PNG called JPEG", .post("/v1/encode", "image/jpeg", png)),
            ("flat", .post("/v1/encode", json: "{\"images\":[\(image.flat)]}")),
            ("[H][W]", .post("/v1/encode", json: "{\"images\":[\(image.rows)]}")),
            ("[C][H][W]", .post("/v1/encode", json: " {\"images\" : [\(image.planes)]} ")),
            ("base64", .post("/v1/encode", json: "{\"images\":[\"\(base64)\"]}")),
            ("data URL", .post("/v1/encode", json: "{\"images\":[\"data:image/png;base64,\(base64)\"]}")),
            ("multipart", .form("/v1/encode", [("a", png)])),
            ("named model", .post("/v1/models/digits/encode", "image/png", png)),
            ("slash at the end", .post("/v1/encode/", "image/png", png)),
        ]
        for (what, request) in rows {
            #expect(try server.json(request, as: Encoded.self) == expected, "\(what)")
        }
    }

    @Test func severalImagesKeepTheirOrder() throws {
        let images = (0..<4).map { TestImage($0) }
        let alone = try images.map { image in
            try server.json(.post("/v1/encode", "application/octet-stream", image.octets), as: Encoded.self)
        }
        let mixed = "[\(images[0].flat),\(images[1].rows),\(images[2].planes),\"\(try images[3].base64)\"]"
        let form = try images.enumerated().map { (name: "\($0)", content: try $1.png) }
        for request in [
            WireRequest.post("/v1/encode", json: "{\"images\":\(mixed)}"), .form("/v1/encode", form),
            .post("/v1/encode", "application/octet-stream", images.flatMap(\.octets)),
        ] {
            let found = try server.json(request, as: Encoded.self)
            #expect(found.mu == alone.map { $0.mu[0] })
            #expect(found.sigma == alone.map { $0.sigma[0] })
        }
    }

    @Test func jpeg() throws {
        // What Pillow decodes the file to.
        let pixels: [UInt8] = [
            0, 33, 60, 88, 119, 16, 51, 79, 107, 138, 40, 75, 102, 130, 162, 61, 95, 123, 151, 182, 80, 115, 143, 171,
            202, 97, 131, 159, 187, 218,
        ]
        let flat = "[" + pixels.map { "\(Float($0) / 255)" }.joined(separator: ",") + "]"
        let expected = try server.json(.post("/v1/encode", json: "{\"images\":[\(flat)]}"), as: Encoded.self)
        #expect(try server.json(.post("/v1/encode", "image/jpeg", TestImage.jpeg), as: Encoded.self) == expected)
    }

    @Test func everyFormOfACodeGivesTheSameImages() throws {
        let codes: [[Float]] = [[0.5, -1, 2], [0, 0, 0]]
        let octets = codes.flatMap { $0 }.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
        }
        let expected = try server.json(.post("/v1/decode", json: "{\"z\":\(text(codes))}"), as: Imaged.self)
        #expect(expected.images.count == 2)
        #expect(expected.images[0].count == 1 && expected.images[0][0].count == TestModel.height)
        #expect(expected.images.joined().joined().joined().allSatisfy { $0 > 0 && $0 < 1 })
        let found = try server.json(.post("/v1/decode", "application/octet-stream", octets), as: Imaged.self)
        #expect(found == expected)
        let one = try server.json(.post("/v1/decode", json: "{\"z\":[0.5,-1,2]}"), as: Imaged.self)
        #expect(one.images == [expected.images[0]])
    }
}
