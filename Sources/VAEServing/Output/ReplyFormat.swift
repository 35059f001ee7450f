internal import HTTPServer

/// JSON, a picture or an array, by `?format=` or else by `Accept`.
///
/// In the order in which they are preferred where several are as welcome.
enum ReplyFormat: String, CaseIterable {
    case json
    case png
    /// An animation, in the format of browsers.
    case apng
    /// An array as numpy saves it.
    case npy
    /// The same array's float32 little-endian alone; the reply's `X-VAE-Shape` says its shape.
    case octets

    /// The media type in the reply.
    var mediaType: String {
        let (type, subtype) = media
        return "\(type)/\(subtype)"
    }

    private var media: (type: String, subtype: String) {
        switch self {
        case .json: ("application", "json")
        case .png: ("image", "png")
        case .apng: ("image", "apng")
        case .npy: ("application", "x-npy")
        case .octets: ("application", "octet-stream")
        }
    }

    /// `?format=` decides; without it the `Accept` header, JSON being preferred where others are only as welcome.
    init(_ request: HTTPRequest, operation: Operation) throws(RequestError) {
        guard !operation.readsOwnHeaders else {
            self = .json
            return
        }
        if request.hasQuery, let text = request.query("format") {
            guard let format = ReplyFormat(rawValue: text) else {
                let names = Self.list(operation.formats.map(\.rawValue))
                throw .invalidValue("format must be \(names); found \"\(clipped(text))\"")
            }
            guard operation.formats.contains(format) else {
                let names = Self.list(operation.formats.map(\.rawValue))
                throw .notAcceptable("\(operation.name) does not give \(text); format must be \(names)")
            }
            self = format
            return
        }
        if request.header("Accept", in: ["*/*", "application/json"]) != nil {
            self = .json
            return
        }
        guard let accept = request.header("Accept"), !accept.isEmpty else {
            self = .json
            return
        }
        var best: (format: ReplyFormat, quality: Double)?
        for format in operation.formats {
            let quality = Self.quality(of: format.media, in: accept)
            if quality > best?.quality ?? 0 { best = (format, quality) }
        }
        guard let best else {
            let offer = Self.list(operation.formats.map(\.mediaType))
            throw .notAcceptable("\(operation.name) gives \(offer); the request accepts \"\(clipped(accept))\"")
        }
        self = best.format
    }

    /// `a, b or c`.
    private static func list(_ words: [String]) -> String {
        guard words.count > 1 else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
    }

    /// How welcome a media type is, 0…1: the most specific range that covers it counts (RFC 9110 §12.5.1).
    private static func quality(of media: (type: String, subtype: String), in accept: String) -> Double {
        var best = (specificity: -1, quality: 0.0)
        for item in accept.split(separator: ",") {
            let parts = item.split(separator: ";").map { trimmed($0) }
            guard let range = parts.first?.lowercased() else { continue }
            let specificity: Int
            switch range {
            case "\(media.type)/\(media.subtype)": specificity = 2
            case "\(media.type)/*": specificity = 1
            case "*/*": specificity = 0
            default: continue
            }
            let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }.map { $0.dropFirst(2) }
            let quality = weight.map { Double($0) ?? 0 } ?? 1
            if specificity > best.specificity { best = (specificity, quality) }
        }
        return best.quality
    }
}

/// `text` without blanks at its ends.
func trimmed(_ text: some StringProtocol) -> String {
    var view = Substring(text)
    while let first = view.first, first == " " || first == "\t" { view.removeFirst() }
    while let last = view.last, last == " " || last == "\t" { view.removeLast() }
    return String(view)
}
