import HTTPServer
import Testing

@testable import VAEServing

/// Compressed bodies. What real compressors make of them, the tests from outside send.
@Suite struct ContentCodingTests {
    /// zlib's framing around stored blocks (RFC 1950, RFC 1951 §3.2.4): compressed by no means, and any decoder's to read.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = [0x78, 0x01]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(0xffff)
            rest = rest.dropFirst(block.count)
            let (low, high) = (UInt8(block.count & 0xff), UInt8(block.count >> 8))
            packed += [rest.isEmpty ? 1 : 0, low, high, ~low, ~high] + block
        } while !rest.isEmpty
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        let checksum = b << 16 | a
        return packed + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }
    }

    private func unpack(_ bytes: [UInt8], limit: Int, pauses: () -> Void = {}) throws(RequestError) -> [UInt8] {
        let result: Result<[UInt8], RequestError> = unsafe bytes.withUnsafeBytes { buffer in
            do throws(RequestError) {
                let unpacked = try unsafe ContentCoding.deflate.unpack(buffer, limit: limit) { pauses() }
                let copy = unpacked.withBytes { span in
                    span.byteOffsets.map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
                }
                return .success(copy)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 300_000, 1_000_000]) func unpacksToWhatWasPacked(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        #expect(try unpack(Self.stored(bytes), limit: count) == bytes)
    }

    @Test func theLimitIsOfWhatComesOut() throws {
        let packed = Self.stored([UInt8](repeating: 7, count: 100_000))
        #expect(try unpack(packed, limit: 100_000).count == 100_000)
        let error = #expect(throws: RequestError.self) { try unpack(packed, limit: 99_999) }
        #expect(error?.reply.code == "body_too_large")
        #expect(error?.reply.message.contains("99999") == true)
    }

    @Test func aLargeBodyPauses() throws {
        var pauses = 0
        _ = try unpack(Self.stored([UInt8](repeating: 7, count: 1 << 20)), limit: 1 << 20) { pauses += 1 }
        #expect(pauses >= 3)
    }

    @Test func whatIsDamagedIsRefused() {
        let good = Self.stored(Array("{\"images\":[]}".utf8))
        var flipped = good
        flipped[9] ^= 1
        for (what, bytes) in [
            ("empty", []), ("cut short", Array(good.dropLast(5))), ("no checksum", Array(good.dropLast(4))),
            ("a byte behind", good + [0]), ("a changed byte", flipped), ("no zlib", Array("hello".utf8)),
        ] {
            let error = #expect(throws: RequestError.self, "\(what)") { try unpack(bytes, limit: 1000) }
            #expect(error?.reply.code == "malformed_body", "\(what)")
        }
    }

    @Test func headers() throws {
        let codings = ["identity", "gzip", "x-gzip", "GZip", "deflate", "br", "gzip, gzip", "compress"]
        let found = try Probe.answers(
            to: codings.map { WireRequest("POST", "/", headers: [("Content-Encoding", $0)], body: [1]) }
        ) { (request) throws(RequestError) in try ContentCoding(request)?.rawValue ?? "none" }
        let refused = "unsupported_media_type"
        #expect(found == ["none", "gzip", "gzip", "gzip", "deflate", refused, refused, refused])
    }

    @Test func aCompressedBodyIsReadAsAnyOther() throws {
        let server = try TestServer()
        let image = TestImage(3)
        let plain = try server.json(.post("/v1/encode", "application/octet-stream", image.octets), as: Encoded.self)
        let packed = Self.stored(image.octets)
        let request = WireRequest.post(
            "/v1/encode", "application/octet-stream", packed, ("Content-Encoding", "deflate"))
        #expect(try server.json(request, as: Encoded.self) == plain)
        #expect(try server.ask(together: Array(repeating: request, count: 8)).allSatisfy { $0.status == 200 })
        let foreign = WireRequest.post("/v1/encode", "image/png", [1], ("Content-Encoding", "br"))
        expectRefusal(try server.ask(foreign), 415, "unsupported_media_type", "brotli")
    }
}
