internal import HTTPServer

/// JSON or a picture, by `?format=` or else by `Accept`.
enum ReplyFormat: String, CaseIterable {
    case json
    case png

    /// `?format=` decides; without it the `Accept` header, JSON being preferred where both are as welcome.
    init(_ request: HTTPRequest, operation: Operation) throws(RequestError) {
        guard !operation.readsOwnHeaders else {
            self = .json
            return
        }
        if request.hasQuery, let text = request.query("format") {
            guard let format = ReplyFormat(rawValue: text) else {
                throw .invalidValue("format must be json or png; found \"\(clipped(text))\"")
            }
            guard format == .json || operation.givesImages else {
                throw .notAcceptable("\(operation.name) gives numbers, not images; format must be json")
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
        let json = Self.quality(of: ("application", "json"), in: accept)
        let png = operation.givesImages ? Self.quality(of: ("image", "png"), in: accept) : 0
        guard json > 0 || png > 0 else {
            let offer = operation.givesImages ? "application/json or image/png" : "application/json"
            throw .notAcceptable("\(operation.name) gives \(offer); the request accepts \"\(clipped(accept))\"")
        }
        self = png > json ? .png : .json
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
