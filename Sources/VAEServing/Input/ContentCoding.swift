internal import CZlib
internal import HTTPServer

/// How a body is compressed (`Content-Encoding`, RFC 9110 §8.4.1).
enum ContentCoding: String {
    case gzip
    /// zlib's framing, as the RFC has it.
    case deflate

    /// `nil` for a body as it is. Throws for a coding that is not understood, or several.
    init?(_ request: HTTPRequest) throws(RequestError) {
        guard let header = request.header("Content-Encoding") else { return nil }
        switch trimmed(header).lowercased() {
        case "identity", "": return nil
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        default:
            throw .unsupportedMediaType(
                "expected Content-Encoding gzip, deflate or identity; found \"\(clipped(header))\"")
        }
    }

    /// Unpacks `bytes` to at most `limit` bytes; memory follows what comes out, not what the bytes promise. Calls `pause`
    /// every millisecond or so.
    func unpack(
        _ bytes: UnsafeRawBufferPointer, limit: Int, pause: () throws(RequestError) -> Void
    ) throws(RequestError) -> OutputBuffer {
        let format = self == .gzip ? GZ_GZIP : GZ_ZLIB
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            throw .malformedBody("expected a body of Content-Encoding \(rawValue); it is empty")
        }
        guard let reader = unsafe gz_reader_create(format, start, bytes.count) else {
            throw .internalError("no memory to unpack a body")
        }
        defer { unsafe gz_reader_free(reader) }
        var unpacked = OutputBuffer(minimumCapacity: min(limit, Self.firstExpansion * bytes.count))
        var isDone = false
        while !isDone {
            if unpacked.count > 0 { try pause() }
            let room = min(Self.slice, limit - unpacked.count + 1)  // one more tells "exactly full" from "too large"
            try unsafe unpacked.appendInPlace(room: room) { (tail) throws(RequestError) in
                var written = 0
                let output = unsafe tail.baseAddress!.assumingMemoryBound(to: UInt8.self)
                switch unsafe gz_reader_read(reader, output, room, &written, &isDone) {
                case GZ_OK: return written
                case GZ_NO_MEMORY: throw .internalError("no memory to unpack a body")
                default:
                    throw .malformedBody(
                        "expected a whole body of Content-Encoding \(rawValue), \(bytes.count) bytes do not unpack")
                }
            }
            guard unpacked.count <= limit else {
                throw .bodyTooLarge("expected a body that unpacks to at most \(limit) bytes; found a longer one")
            }
        }
        return unpacked
    }

    /// JSON of numbers packs to about a quarter.
    private static let firstExpansion = 4
    private static let slice = 1 << 18
}

extension HTTPRequest {
    /// Unpacks the body in place, if it is compressed: whoever reads it afterwards need not know.
    func unpackBody(limit: Int, pause: () throws(RequestError) -> Void) throws(RequestError) {
        guard unsafe body.count > 0, let coding = try ContentCoding(self) else { return }
        replaceBody(with: try unsafe coding.unpack(body, limit: limit, pause: pause))
    }

    /// Whether the body is compressed, or said to be.
    var isEncoded: Bool {
        unsafe body.count > 0 && header("Content-Encoding") != nil
    }
}
