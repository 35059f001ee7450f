internal import HTTPServer

/// A strong ETag for replies that depend on nothing but the checkpoint and the request's own parameters.
struct EntityTag {
    /// With its quotes.
    let value: String

    /// Hashes the checkpoint, the request's path and query, and the format (FNV-1a, 64 bits).
    init(_ loaded: LoadedModel, _ request: HTTPRequest, _ format: ReplyFormat) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(loaded.contentHash) \(request.rawQuery) \(format.rawValue)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        value = "\"\(loaded.contentHash)-\(String(hash, radix: 16))\""
    }

    /// Whether the client already has it (`If-None-Match`, RFC 9110 §13.1.2).
    func isKnown(to request: HTTPRequest) -> Bool {
        guard let header = request.header("If-None-Match") else { return false }
        return trimmed(header) == "*"
            || header.split(separator: ",").contains { tag in
                let tag = trimmed(tag)
                return (tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag) == value
            }
    }

    /// 304, with the tag and nothing else.
    var notModified: HTTPResponse {
        var response = HTTPResponse(status: 304)
        setHeaders(on: &response)
        return response
    }

    /// The tag, and leave to keep the reply for ever, beside one of the other format if `Accept` asks for that.
    func setHeaders(on response: inout HTTPResponse) {
        response.setHeader("ETag", value)
        response.setHeader("Vary", "Accept")
        response.setHeader("Cache-Control", "public, max-age=31536000")
    }
}
