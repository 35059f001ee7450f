internal import Glibc

/// A `multipart/form-data` body (RFC 7578), cut into its parts without copying them.
struct MultipartForm {
    /// One part: its form name, and where its content lies in the body. What it holds, its bytes tell.
    struct Part {
        let name: String
        let range: Range<Int>
    }

    let parts: [Part]

    private static let maximumHeader = 4096

    /// Cuts `body` at `boundary`; more than `maximumParts` are refused.
    init(_ body: UnsafeRawBufferPointer, boundary: String, maximumParts: Int) throws(RequestError) {
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter may stand at the very start, without its line break.
        var position: Int
        if unsafe Self.matches(delimiter[2...], in: body, at: 0) {
            position = delimiter.count - 2
        } else if let found = unsafe Self.find(delimiter, in: body, from: 0) {
            position = found + delimiter.count
        } else {
            throw .malformedBody("the multipart body of \(body.count) bytes does not contain its boundary")
        }
        var parts: [Part] = []
        while true {
            if unsafe Self.matches(Array("--".utf8)[...], in: body, at: position) { break }
            guard parts.count < maximumParts else {
                throw .tooManyRows("the multipart body has more than \(maximumParts) parts")
            }
            guard let lineEnd = unsafe Self.find(Array("\r\n".utf8), in: body, from: position), lineEnd - position < 16,
                let headerEnd = unsafe Self.find(Array("\r\n\r\n".utf8), in: body, from: lineEnd),
                headerEnd - lineEnd <= Self.maximumHeader
            else { throw .malformedBody("part \(parts.count) of the multipart body has no proper header") }
            let contentStart = headerEnd + 4
            guard let contentEnd = unsafe Self.find(delimiter, in: body, from: headerEnd + 2) else {
                throw .malformedBody("part \(parts.count) of the multipart body is not closed by the boundary")
            }
            let header = unsafe String(decoding: body[lineEnd..<headerEnd], as: UTF8.self)
            let content = contentStart..<max(contentStart, contentEnd)
            parts.append(try Self.part(header, content: content, index: parts.count))
            position = contentEnd + delimiter.count
        }
        self.parts = parts
    }

    private static func part(_ header: String, content: Range<Int>, index: Int) throws(RequestError) -> Part {
        var name: String?
        for line in header.split(separator: "\r\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let fields = pair[1].split(separator: ";").map { trimmed($0) }
            if trimmed(pair[0]).lowercased() == "content-disposition" {
                name = MediaType.parameter("name", in: fields.dropFirst())
            }
        }
        guard let name else {
            throw .malformedBody("part \(index) of the multipart body has no name in its Content-Disposition")
        }
        return Part(name: name, range: content)
    }

    private static func matches(_ needle: ArraySlice<UInt8>, in body: UnsafeRawBufferPointer, at start: Int) -> Bool {
        start + needle.count <= body.count && needle.enumerated().allSatisfy { unsafe body[start + $0] == $1 }
    }

    /// First position of `needle` in `body` from `start` on.
    private static func find(_ needle: [UInt8], in body: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = body.baseAddress else { return nil }
        var position = start
        while position + needle.count <= body.count {
            let room = body.count - needle.count - position + 1
            guard let found = unsafe memchr(base + position, Int32(needle[0]), room) else { return nil }
            position = unsafe UnsafeRawPointer(found) - base
            if unsafe matches(needle[...], in: body, at: position) { return position }
            position += 1
        }
        return nil
    }
}
