internal import HTTPServer

/// The bodies that are understood, by their `Content-Type`.
enum MediaType: Equatable {
    case json
    case image
    case octets
    case multipart(boundary: String)

    /// What error messages list.
    static let known = "image/png, image/jpeg, application/json, multipart/form-data or application/octet-stream"

    private static let plain: [(text: StaticString, type: MediaType)] = [
        ("application/json", .json), ("image/png", .image), ("image/jpeg", .image),
        ("application/octet-stream", .octets),
    ]
    private static let plainTexts = plain.map(\.text)

    /// Reads the header. A missing or foreign type is refused, with curl's default called by its name.
    init(_ request: HTTPRequest) throws(RequestError) {
        if let index = request.header("Content-Type", in: Self.plainTexts) {
            self = Self.plain[index].type
            return
        }
        guard let header = request.header("Content-Type") else {
            throw .unsupportedMediaType("expected a Content-Type of \(Self.known); found none")
        }
        let parts = header.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0) }
        switch parts[0].lowercased() {
        case "application/json": self = .json
        case "image/png", "image/jpeg", "image/jpg": self = .image
        case "application/octet-stream": self = .octets
        case "multipart/form-data":
            guard let boundary = Self.parameter("boundary", in: parts.dropFirst()),
                (1...70).contains(boundary.utf8.count)
            else {
                throw .malformedBody(
                    "multipart/form-data needs a boundary of 1…70 characters; found \"\(clipped(header))\"")
            }
            self = .multipart(boundary: boundary)
        case "application/x-www-form-urlencoded":
            throw .unsupportedMediaType(
                "expected a Content-Type of \(Self.known); found application/x-www-form-urlencoded, which curl sends "
                    + "by itself: add -H 'Content-Type: image/png' or -H 'Content-Type: application/json'")
        default:
            throw .unsupportedMediaType("expected a Content-Type of \(Self.known); found \"\(clipped(header))\"")
        }
    }

    /// The value of parameter `name`, without quotes.
    static func parameter(_ name: String, in parameters: some Sequence<String>) -> String? {
        for parameter in parameters {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, trimmed(pair[0]).lowercased() == name else { continue }
            let value = trimmed(pair[1])
            return value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
                ? String(value.dropFirst().dropLast()) : value
        }
        return nil
    }
}
