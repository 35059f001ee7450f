internal import HTTPServer
internal import VAE

/// Points of a request: images, latent codes and seeds, also mixed.
struct PointInput {
    let ticket: Ticket
    let passage: Passage

    private static let expected = "an image, {\"z\": […]} or {\"seed\": n}"

    /// The point that member `name` of `object` holds.
    func member(_ name: String, of object: JSONValue) throws(RequestError) -> LatentPoint {
        guard let value = try ticket.json({ () throws(JSONError) in try object[name] }) else {
            throw .invalidValue("\"\(name)\" is missing: \(Self.expected)")
        }
        return try point(value)
    }

    /// An image, `{"z": […]}` or `{"seed": n}`.
    func point(_ value: JSONValue) throws(RequestError) -> LatentPoint {
        guard value.kind == .object else {
            return .image(row: try ImageInput(ticket: ticket, passage: passage).row(value))
        }
        if let seed = try ticket.json({ () throws(JSONError) in try value["seed"] }), value.count == 1 {
            return .seed(try ticket.json { () throws(JSONError) in try seed.uint64 })
        }
        if let z = try ticket.json({ () throws(JSONError) in try value["z"] }), value.count == 1 {
            let rows = try LatentInput(ticket: ticket, passage: passage).rows(z)
            defer { passage.z.truncate(to: rows.lowerBound) }
            guard rows.count == 1 else { throw .invalidShape("\(z.path) must be one latent code; found \(rows.count)") }
            let base = unsafe passage.z.row(rows.lowerBound)
            return unsafe .code(Array(UnsafeBufferPointer(start: base, count: passage.architecture.latent)))
        }
        throw .invalidValue("\"\(value.path)\" must be \(Self.expected)")
    }

    /// The image in a part of a form.
    func part(_ part: MultipartForm.Part, _ body: UnsafeRawBufferPointer) throws(RequestError) -> LatentPoint {
        .image(row: try unsafe ImageInput(ticket: ticket, passage: passage).row(part, body))
    }
}
