internal import HTTPServer
internal import VAE

/// Latent codes of a request as rows of z.
struct LatentInput {
    let ticket: Ticket
    let passage: Passage

    private var latent: Int { passage.architecture.latent }
    /// Far beyond anything a prior or posterior gives, and far from overflow in the decoder.
    private static let range: ClosedRange<Float> = -1e6...1e6

    /// `{"z": [[…], …]}`, or one row as `{"z": […]}`, or float32 rows; with the labels of a conditional model.
    func readBody() throws(RequestError) -> Range<Int> {
        let (rows, object) = try readRows()
        if let labels = try LabelInput(ticket: ticket, passage: passage).labels(object, count: rows.count) {
            passage.labels?.z.set(labels, for: rows)
        }
        return rows
    }

    /// The rows, and the body if it was parsed.
    private func readRows() throws(RequestError) -> (Range<Int>, JSONValue?) {
        let body = unsafe ticket.request.body
        guard body.count > 0 else { throw .malformedBody("expected {\"z\": [[…]]}; the body is empty") }
        switch try MediaType(ticket.request) {
        case .json:
            if let rows = try unsafe ticket.scanRows(
                body, key: "z", shapes: [[latent]], within: Self.range, into: passage.z, of: passage)
            {
                return (rows, nil)
            }
            let object = try ticket.parseJSON(allowed: ["z", "label"])
            guard let z = try ticket.json({ () throws(JSONError) in try object["z"] }) else {
                throw .invalidValue("expected {\"z\": [[…]]}; \"z\" is missing")
            }
            return (try rows(z), object)
        case .octets:
            let rows = try unsafe ticket.readOctets(body, into: passage.z, what: "latent code")
            try check(rows, path: "z")
            return (rows, nil)
        case .image, .multipart:
            throw .unsupportedMediaType(
                "decode takes latent codes: application/json {\"z\": [[…]]} or application/octet-stream float32 rows")
        }
    }

    /// One code or several, `[latent]` or `[N, latent]`.
    func rows(_ value: JSONValue) throws(RequestError) -> Range<Int> {
        guard value.kind == .array else {
            throw .invalidValue("\(value.path) must be an array of \(latent) numbers, or of such arrays")
        }
        var elements = try ticket.json { () throws(JSONError) in try value.elements }
        let several = elements.next()?.kind == .array
        let count = several ? value.count : 1
        try ticket.checkRows(count, what: "latent code")
        let rows = passage.z.append(count)
        let base = unsafe passage.z.row(rows.lowerBound)
        let shape = try ticket.json { () throws(JSONError) in
            try unsafe value.readFloats(into: base, capacity: count * latent)
        }
        guard shape == (several ? [count, latent] : [latent]) else {
            throw .invalidShape(
                "\(value.path): this model has \(latent) latent dimensions; found shape \(Shape(shape))")
        }
        try check(rows, path: value.path)
        return rows
    }

    /// Refuses numbers far beyond anything a prior or posterior gives.
    func check(_ rows: Range<Int>, path: String) throws(RequestError) {
        let base = unsafe passage.z.row(rows.lowerBound)
        if let index = unsafe ValueCheck.firstOutside(Self.range, count: rows.count * latent, base) {
            throw unsafe .invalidValue(
                "\(path): row \(index / latent), dimension \(index % latent) must be within ±1e6; found \(base[index])")
        }
    }
}
