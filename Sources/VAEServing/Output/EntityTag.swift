internal import HTTPServer
internal import VAE

/// A strong ETag for replies that depend on nothing but the checkpoint, the request's own parameters, and the kind of
/// processor: the last bits of an image are the instruction set's.
struct EntityTag {
    /// With its quotes.
    let value: String
    /// Whether the request named the checkpoint's version, so that its reply can never change.
    private let isPinned: Bool

    /// Hashes the request's query, the reply's format and the arithmetic beside the checkpoint's hash.
    /// Throws when the request asks for another version of the checkpoint than this one.
    init(_ loaded: LoadedModel, _ request: HTTPRequest, _ format: ReplyFormat) throws(RequestError) {
        let wanted = request.query("version")
        if let wanted, wanted != loaded.contentHash {
            throw .unknownModel(
                "model \(loaded.name) is at version \(loaded.contentHash); found version \"\(clipped(wanted))\"")
        }
        isPinned = wanted != nil
        let arithmetic = "\(loaded.model.precision.rawValue) \(KernelThread.arithmeticVersion)"
        let hash = Self.hash("\(request.rawQuery) \(format.rawValue) \(arithmetic)".utf8)
        value = "\"\(loaded.contentHash)-\(hash)\""
    }

    /// A strong tag of what never depends on anything but its bytes.
    static func of(_ bytes: [UInt8]) -> String { "\"\(hash(bytes))\"" }

    /// FNV-1a, 64 bits, in hexadecimal.
    private static func hash(_ bytes: some Sequence<UInt8>) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Whether the client already has it (`If-None-Match`, RFC 9110 §13.1.2).
    func isKnown(to request: HTTPRequest) -> Bool { Self.isKnown(value, to: request) }

    /// The same, of any tag.
    static func isKnown(_ value: String, to request: HTTPRequest) -> Bool {
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

    /// The tag, and leave to keep the reply, beside one of the other format if `Accept` asks for that: for ever if the
    /// version was named; else to ask again with the tag, since the checkpoint behind a name may be replaced.
    func setHeaders(on response: inout HTTPResponse) {
        response.setHeader("ETag", value)
        response.setHeader("Vary", "Accept")
        response.setHeader("Cache-Control", isPinned ? "public, max-age=31536000, immutable" : "public, no-cache")
    }
}
