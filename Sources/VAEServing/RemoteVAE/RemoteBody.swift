internal import HTTPServer
internal import VAE

/// What a request to the remote VAE brings.
enum RemoteBody {
    /// Latent codes to decode.
    case codes
    /// Images to encode.
    case images

    /// diffusers says `tensor/binary` when it decodes, and nothing when it encodes.
    init(_ request: HTTPRequest) throws(RequestError) {
        let header = request.header("Content-Type") ?? ""
        switch header.split(separator: ";").first.map({ trimmed($0).lowercased() }) {
        case "tensor/binary": self = .codes
        case "tensor/base64", "application/json", "multipart/form-data":
            throw .unsupportedMediaType(
                "expected Content-Type tensor/binary for codes to decode, or none for images to encode; "
                    + "found \"\(clipped(header))\"")
        default: self = .images
        }
    }

    /// Requires `shape` to be among `accepted`, which are without the number of rows in front. Returns that number.
    static func rows(
        of shape: [Int], accepted: [[Int]], bytes: Int, itemSize: Int, _ ticket: Ticket, what: String
    ) throws(RequestError) -> Int {
        guard let rows = shape.first, accepted.contains(Array(shape.dropFirst())) else {
            let shapes = accepted.map { "[N, \($0.map(String.init).joined(separator: ", "))]" }
            throw .invalidShape("expected a tensor of shape \(shapes.joined(separator: " or ")); found \(shape)")
        }
        try ticket.checkRows(rows, what: what)
        let expected = shape.reduce(itemSize, *)
        guard bytes == expected else {
            throw .invalidShape("a tensor of shape \(shape) takes \(expected) bytes; found \(bytes)")
        }
        return rows
    }
}
