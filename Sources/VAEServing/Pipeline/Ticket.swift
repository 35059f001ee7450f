internal import HTTPServer
internal import VAE

/// What a trip is given to read its request with.
struct Ticket {
    let request: HTTPRequest
    let operation: Operation
    let query: QueryParameters
    let format: ReplyFormat
    let limits: ServiceLimits
    /// The worker's own.
    let json: JSONReader
    let decoder: ImageDecoder
    let budget: PixelBudget

    /// Refuses a request of no rows, or of more than the limit.
    func checkRows(_ count: Int, what: String) throws(RequestError) {
        guard count >= 1 else { throw .invalidValue("expected at least 1 \(what), found none") }
        guard count <= limits.rows else {
            throw .tooManyRows("\(count) \(what)s; at most \(limits.rows) are accepted in one request")
        }
    }
}

extension Ticket {
    /// `?columns=`: tiles in a line of a picture.
    func columns() throws(RequestError) -> Int? { try query.integer("columns", in: 1...limits.rows) }
}
