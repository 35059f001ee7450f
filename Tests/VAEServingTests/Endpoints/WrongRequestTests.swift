import Testing
import VAE

@testable import VAEServing

/// Every wrong request gets its status and the JSON error, and the next one works.
@Suite struct WrongRequestTests {
    private let server: TestServer

    init() throws { server = try TestServer(limits: ServiceLimits(rows: 8, pixels: 1000, bodyBytes: 1 << 16)) }

    private func expect(
        _ rows: [(String, WireRequest, Int, String)], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = try server.ask(.get("/v1/sample?seed=1")).body
        for (what, request, status, code) in rows {
            expectRefusal(try server.ask(request), status, code, what, sourceLocation: sourceLocation)
            let next = try server.ask(.get("/v1/sample?seed=1"))
            #expect(next.status == 200 && next.body == expected, "after \(what)", sourceLocation: sourceLocation)
        }
    }

    private func encode(_ json: String) -> WireRequest { .post("/v1/encode", json: json) }
    private func decode(_ json: String) -> WireRequest { .post("/v1/decode", json: json) }
    private func interpolate(_ json: String) -> WireRequest { .post("/v1/interpolate", json: json) }
    private func raw(_ lines: String...) -> WireRequest {
        WireRequest(raw: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    @Test func images() throws {
        let png = try TestImage(0).png
        var checksum = png
        checksum[30] ^= 0x55
        var large = png
        large.replaceSubrange(16..<24, with: [0, 0, 0x4E, 0x20, 0, 0, 0x4E, 0x20])
        var jpeg = TestImage.jpeg
        let scan = try #require(jpeg.indices.first { jpeg[$0...].starts(with: [0xFF, 0xDA]) })
        jpeg.replaceSubrange((scan + 12)..<(scan + 14), with: [0xFF, 0xC0])
        let type = "image/png"
        try expect([
            ("empty body", .post("/v1/encode", type, []), 400, "malformed_body"),
            ("truncated PNG", .post("/v1/encode", type, Array(png[..<(png.count / 2)])), 400, "malformed_image"),
            ("PNG signature only", .post("/v1/encode", type, Array(png[..<8])), 400, "malformed_image"),
            ("wrong checksum", .post("/v1/encode", type, checksum), 400, "malformed_image"),
            ("20000×20000", .post("/v1/encode", type, large), 413, "image_too_large"),
            ("too many pixels", .post("/v1/encode", type, try largePNG()), 413, "image_too_large"),
            ("broken marker", .post("/v1/encode", "image/jpeg", jpeg), 400, "malformed_image"),
            ("truncated JPEG", .post("/v1/encode", "image/jpeg", Array(jpeg[..<100])), 400, "malformed_image"),
            ("text", .post("/v1/encode", type, Array("hello".utf8)), 400, "malformed_image"),
            ("GIF", .post("/v1/encode", type, Array("GIF89a..........".utf8)), 415, "unsupported_media_type"),
            ("half a row", .post("/v1/encode", "application/octet-stream", [0, 0]), 422, "invalid_shape"),
            (
                "NaN pixel",
                .post(
                    "/v1/encode", "application/octet-stream",
                    [0, 0, 0xC0, 0x7F] + Array(TestImage(0).octets.dropFirst(4))),
                422, "invalid_value"
            ),
        ])
    }

    /// 40×40, more than this server's 1000 pixels.
    private func largePNG() throws -> [UInt8] {
        let image = ImagePixels(width: 40, height: 40, channels: 1, values: Array(repeating: 9, count: 1600))
        return try PNGEncoder().encode(image).withBytes { span in span.indices.map { span[$0] } }
    }

    @Test func bodies() throws {
        let image = TestImage(0).flat
        try expect([
            ("empty JSON", encode(""), 400, "malformed_body"),
            ("ends early", encode("{\"images\":[[0.1,"), 400, "malformed_body"),
            ("two documents", encode("{} {}"), 400, "malformed_body"), ("an array", encode("[]"), 422, "invalid_value"),
            ("no images", encode("{}"), 422, "invalid_value"),
            ("none", encode("{\"images\":[]}"), 422, "invalid_value"),
            ("images is text", encode("{\"images\":\"x\"}"), 422, "invalid_value"),
            ("null image", encode("{\"images\":[null]}"), 422, "invalid_value"),
            ("unknown member", encode("{\"images\":[\(image)],\"n\":1}"), 400, "unknown_parameter"),
            ("wrong shape", encode("{\"images\":[[0.5]]}"), 422, "invalid_shape"),
            ("empty image", encode("{\"images\":[[]]}"), 422, "invalid_shape"),
            ("transposed", encode("{\"images\":[\(transposed)]}"), 422, "invalid_shape"),
            ("pixel above 1", encode("{\"images\":[\(image.replacing("[0.0", with: "[1.5"))]}"), 422, "invalid_value"),
            ("bad base64", encode("{\"images\":[\"####\"]}"), 400, "malformed_image"),
            ("base64 of text", encode("{\"images\":[\"aGVsbG8gd29ybGQ=\"]}"), 400, "malformed_image"),
            (
                "too many images",
                encode("{\"images\":[" + Array(repeating: image, count: 9).joined(separator: ",") + "]}"), 413,
                "too_many_rows"
            ),
            (
                "too many bytes", .post("/v1/encode", "image/png", [UInt8](repeating: 0, count: 1 << 16 + 1)), 413,
                "body_too_large"
            ),
            ("NaN in z", decode("{\"z\":[[NaN,0,0]]}"), 400, "malformed_body"),
            ("strings in z", decode("{\"z\":[[\"1\",\"2\",\"3\"]]}"), 422, "invalid_value"),
            ("1e39 in z", decode("{\"z\":[[1e39,0,0]]}"), 422, "invalid_value"),
            ("wrong latent size", decode("{\"z\":[[1,2]]}"), 422, "invalid_shape"),
            ("wrong latent size, one", decode("{\"z\":[1,2,3,4]}"), 422, "invalid_shape"),
            ("ragged z", decode("{\"z\":[[1,2,3],[1,2]]}"), 422, "invalid_value"),
            ("z beyond 10⁶", decode("{\"z\":[1e7,0,0]}"), 422, "invalid_value"),
            ("no z", decode("{}"), 422, "invalid_value"),
            ("z is an object", decode("{\"z\":{}}"), 422, "invalid_value"),
            ("decode of PNG", .post("/v1/decode", "image/png", try TestImage(0).png), 415, "unsupported_media_type"),
            ("steps 1", interpolate("{\"from\":{\"seed\":1},\"to\":{\"seed\":2},\"steps\":1}"), 422, "invalid_value"),
            (
                "steps 9 of 8", interpolate("{\"from\":{\"seed\":1},\"to\":{\"seed\":2},\"steps\":9}"), 422,
                "invalid_value"
            ),
            ("no to", interpolate("{\"from\":{\"seed\":1}}"), 422, "invalid_value"),
            ("empty point", interpolate("{\"from\":{},\"to\":{\"seed\":2}}"), 422, "invalid_value"),
            ("negative seed", interpolate("{\"from\":{\"seed\":-1},\"to\":{\"seed\":2}}"), 422, "invalid_value"),
            (
                "method", interpolate("{\"from\":{\"seed\":1},\"to\":{\"seed\":2},\"method\":\"x\"}"), 422,
                "invalid_value"
            ),
            ("one image", .form("/v1/interpolate", [("a", try TestImage(0).png)]), 422, "invalid_value"),
            (
                "three images", .form("/v1/interpolate", Array(repeating: ("a", try TestImage(0).png), count: 3)), 422,
                "invalid_value"
            ),
        ])
        // simdjson may call it malformed, or a number out of range.
        let huge = try server.ask(decode("{\"z\":[[1e999,0,0]]}"))
        #expect([400, 422].contains(huge.status), "\(huge.text)")
    }

    /// [W][H] instead of [H][W].
    private var transposed: String {
        "[" + Array(repeating: "[0,0,0,0,0,0]", count: TestModel.width).joined(separator: ",") + "]"
    }

    @Test func routesAndQueries() throws {
        try expect([
            ("n=0", .get("/v1/sample?n=0"), 422, "invalid_value"),
            ("n=10⁹", .get("/v1/sample?n=1000000000"), 422, "invalid_value"),
            ("n=9 of 8", .get("/v1/sample?n=9"), 422, "invalid_value"),
            ("n=", .get("/v1/sample?n="), 422, "invalid_value"),
            ("steps=1", .get("/v1/interpolate?from_seed=1&to_seed=2&steps=1"), 422, "invalid_value"),
            ("one seed", .get("/v1/interpolate?from_seed=1"), 422, "invalid_value"),
            ("unknown parameter", .get("/v1/sample?sed=1"), 400, "unknown_parameter"),
            ("format=gif", .get("/v1/sample?format=gif"), 422, "invalid_value"),
            ("columns=0", .get("/v1/sample?columns=0"), 422, "invalid_value"),
            ("unknown model", .get("/v1/models/none/sample"), 404, "unknown_model"),
            ("unknown model's card", .get("/v1/models/none"), 404, "unknown_model"),
            ("unknown route", .get("/v1/none"), 404, "unknown_route"),
            ("page file", .get("/page/none.js"), 404, "unknown_route"),
            ("no content type", WireRequest("POST", "/v1/encode", body: [1]), 415, "unsupported_media_type"),
            ("text/plain", .post("/v1/encode", "text/plain", [65]), 415, "unsupported_media_type"),
            ("form without boundary", .post("/v1/encode", "multipart/form-data", [65]), 400, "malformed_body"),
            ("Accept", .get("/v1/sample", ("Accept", "text/html")), 406, "not_acceptable"),
            ("encode as PNG", .post("/v1/encode", "image/png", [1], ("Accept", "image/png")), 406, "not_acceptable"),
        ])
        for (method, path, allow) in [
            ("DELETE", "/v1/sample", "GET, HEAD, POST"), ("GET", "/v1/encode", "POST"), ("POST", "/livez", "GET, HEAD"),
            ("PUT", "/v1/interpolate", "GET, HEAD, POST"), ("BREW", "/v1/models", "GET, HEAD"),
            ("get", "/metrics", "GET, HEAD"),
        ] {
            let reply = try server.ask(WireRequest(method, path))
            expectRefusal(reply, 405, "method_not_allowed", "\(method) \(path)")
            #expect(reply.headers["allow"] == allow)
        }
    }

    @Test func framing() throws {
        let post = "POST /v1/encode HTTP/1.1"
        try expect([
            (
                "1 GB", raw(post, "Host: a", "Content-Type: image/png", "Content-Length: 1073741824"), 413,
                "body_too_large"
            ),
            (
                "both lengths",
                raw(post, "Host: a", "Content-Type: image/png", "Content-Length: 3", "Transfer-Encoding: chunked"),
                400, "ambiguous_length"
            ),
            ("no Host", raw("GET /livez HTTP/1.1"), 400, "invalid_host"),
        ])
    }
}
