internal import HTTPServer
internal import VAE

/// Points of a request: images, latent codes and seeds, also mixed.
struct PointInput {
    let ticket: Ticket
    let passage: Passage
    private let firstRow: Int

    init(ticket: Ticket, passage: Passage) {
        self.ticket = ticket
        self.passage = passage
        firstRow = passage.x.count
    }

    private static let expected = "an image, {\"z\": […]} or {\"seed\": n}"

    /// The one point of a request, member `from` of a JSON object of `allowed` members or a body that is an image, and the
    /// object.
    func from(allowed: [String]) throws(RequestError) -> (LatentPoint, JSONValue?) {
        guard try MediaType(ticket.request) == .json else { return (try body(), nil) }
        let object = try ticket.parseJSON(allowed: allowed)
        return (try member("from", of: object), object)
    }

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

    /// The points in the list that member `name` of `object` holds, at least `least`; none where it is absent.
    func list(_ name: String, of object: JSONValue, atLeast least: Int) throws(RequestError) -> [LatentPoint] {
        let value = try ticket.json { () throws(JSONError) in try object[name] }
        let count = value?.count ?? 0
        guard value?.kind ?? .array == .array, count >= least else {
            throw .invalidValue("\"\(name)\" must be a list of at least \(least): each \(Self.expected)")
        }
        var points: [LatentPoint] = []
        guard let value, count > 0 else { return points }
        try ticket.checkRows(count, what: "point")
        for element in try ticket.json({ () throws(JSONError) in try value.elements }) {
            points.append(try point(element))
            try passage.pause()
        }
        return points
    }

    /// Two lists of points, as JSON members or as parts of a form with these names; the first has at least one.
    func lists(
        _ first: String, _ second: String, secondAtLeast: Int
    ) throws(RequestError) -> (first: [LatentPoint], second: [LatentPoint], label: [UInt32]?) {
        switch try MediaType(ticket.request) {
        case .json:
            let object = try ticket.parseJSON(allowed: [first, second, "label"])
            let points = (
                try list(first, of: object, atLeast: 1), try list(second, of: object, atLeast: secondAtLeast)
            )
            return (points.0, points.1, try label(object))
        case .multipart(let boundary):
            let points = try form(boundary: boundary, first, second, secondAtLeast: secondAtLeast)
            return (points.0, points.1, try label(nil))
        case .image, .octets:
            throw .unsupportedMediaType(
                "\(ticket.operation.name) takes two lists: application/json with \"\(first)\" and \"\(second)\", or images "
                    + "as multipart/form-data in parts of these names")
        }
    }

    private func form(
        boundary: String, _ first: String, _ second: String, secondAtLeast: Int
    ) throws(RequestError) -> ([LatentPoint], [LatentPoint]) {
        let body = unsafe ticket.request.body
        let parts = try unsafe MultipartForm(body, boundary: boundary, maximumParts: ticket.limits.rows).parts
        var points: (first: [LatentPoint], second: [LatentPoint]) = ([], [])
        for part in parts {
            switch part.name {
            case first: points.first.append(try unsafe self.part(part, body))
            case second: points.second.append(try unsafe self.part(part, body))
            default:
                throw .unknownParameter(
                    "part \"\(clipped(part.name))\" is unknown here; known are \(first) and \(second)")
            }
            try passage.pause()
        }
        guard !points.first.isEmpty, points.second.count >= secondAtLeast else {
            throw .invalidValue(
                "expected at least one part \"\(first)\" and \(secondAtLeast) \"\(second)\"; found "
                    + "\(points.first.count) and \(points.second.count)")
        }
        return points
    }

    /// The class of all these points, and of what is decoded from them, if the model is conditional; to be asked when the
    /// points have been read.
    func label(_ object: JSONValue?) throws(RequestError) -> [UInt32]? {
        try LabelInput(ticket: ticket, passage: passage).label(object, firstRow: firstRow)
    }

    /// The one image of a body that is not JSON.
    func body() throws(RequestError) -> LatentPoint {
        let rows = try ImageInput(ticket: ticket, passage: passage).readBody()
        guard rows.count == 1 else { throw .invalidShape("expected one image; found \(rows.count)") }
        return .image(row: rows.lowerBound)
    }

    /// The image in a part of a form.
    func part(_ part: MultipartForm.Part, _ body: UnsafeRawBufferPointer) throws(RequestError) -> LatentPoint {
        .image(row: try unsafe ImageInput(ticket: ticket, passage: passage).row(part, body))
    }
}
