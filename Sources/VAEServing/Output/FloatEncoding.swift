internal import HTTPServer

/// How a JSON reply writes its arrays of numbers: `?encoding_format=`, as OpenAI's embeddings have it.
enum FloatEncoding: String, CaseIterable {
    /// Nested arrays of decimals, the shortest that read back as the same float32.
    case float
    /// The base64 of float32 little-endian: a string for each row of a matrix or of images, one for a plain list.
    case base64

    init(_ ticket: Ticket) throws(RequestError) {
        guard ticket.request.hasQuery else {
            self = .float
            return
        }
        self = try ticket.query.choice("encoding_format", FloatEncoding.self) ?? .float
    }
}
