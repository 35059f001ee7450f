internal import HTTPServer
internal import VAE

/// From one point to another in latent space: on at two x (or z, or seeds), a path of z, off at x.
struct InterpolateTrip: Trip {
    /// Where a path starts or ends.
    private enum Point {
        /// Row of x: the posterior mean of an image.
        case image(row: Int)
        /// A code given as numbers.
        case code([Float])
        /// The first sample of a seed.
        case seed(UInt64)
    }

    private let format: ReplyFormat
    private let columns: Int?
    private let from, to: Point
    private let steps: Int
    private let method: LatentPath
    private let tag: EntityTag?
    private let clientHasIt: Bool
    private var rows = 0..<0

    static let defaultSteps = 10

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        columns = try ticket.columns()
        format = ticket.format
        let allowed = Self.allowedSteps(ticket)
        var steps = try ticket.query.integer("steps", in: allowed)
        var method = try ticket.query.choice("method", LatentPath.self)
        if ticket.request.method != .post {
            guard let first = try ticket.query.seed("from_seed"), let second = try ticket.query.seed("to_seed") else {
                throw .invalidValue("expected both from_seed and to_seed; POST takes images or codes instead")
            }
            (from, to) = (.seed(first), .seed(second))
            tag = try EntityTag(passage.loaded, ticket.request, format)
        } else {
            tag = nil
            switch try MediaType(ticket.request) {
            case .json:
                let object = try ticket.parseJSON(allowed: ["from", "to", "steps", "method"])
                steps = try Self.steps(object, ticket) ?? steps
                method = try Self.method(object, ticket) ?? method
                from = try Self.point("from", in: object, ticket, passage)
                to = try Self.point("to", in: object, ticket, passage)
            case .multipart(let boundary):
                (from, to) = try Self.images(boundary: boundary, ticket, passage)
            case .image, .octets:
                throw .unsupportedMediaType(
                    "interpolate takes two images as multipart/form-data, or application/json with from and to")
            }
        }
        self.steps = steps ?? min(Self.defaultSteps, allowed.upperBound)
        self.method = method ?? .linear
        clientHasIt = tag?.isKnown(to: ticket.request) ?? false
    }

    var rowsToChoose: Int { clientHasIt ? 0 : steps }

    mutating func chooseLatents(_ passage: Passage) {
        guard !clientHasIt else { return }
        let latent = passage.architecture.latent
        let start = code(of: from, passage)
        let end = code(of: to, passage)
        rows = passage.z.append(steps)
        unsafe method.points(
            from: start.base, to: end.base, latent: latent, steps: steps, into: passage.z.row(rows.lowerBound))
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        if let tag, clientHasIt { return tag.notModified }
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        var response = format == .png ? try images.png(columns: columns ?? steps) : try json(passage, images)
        tag?.setHeaders(on: &response)
        return response
    }

    private func json(_ passage: Passage, _ images: ImageReply) throws(RequestError) -> HTTPResponse {
        var body = JSONBody(passage.loaded, capacity: images.jsonCapacity)
        body.member("method", method.rawValue)
        try images.appendWithCodes(to: &body)
        return body.response()
    }

    private func code(of point: Point, _ passage: Passage) -> FloatBuffer {
        let latent = passage.architecture.latent
        let code = FloatBuffer(count: latent)
        switch point {
        case .image(let row): unsafe code.base.update(from: passage.mu.row(row), count: latent)
        case .code(let values): for (index, value) in values.enumerated() { code[index] = value }
        case .seed(let seed):
            unsafe RandomStream(seed: seed, domain: .prior).normals(rows: 1, width: latent, into: code.base)
        }
        return code
    }

    // MARK: - Reading

    /// Both ends at least, whatever the limit on rows.
    private static func allowedSteps(_ ticket: Ticket) -> ClosedRange<Int> { 2...max(2, ticket.limits.rows) }

    private static func steps(_ object: JSONValue, _ ticket: Ticket) throws(RequestError) -> Int? {
        guard let value = try ticket.json({ () throws(JSONError) in try object["steps"] }) else { return nil }
        let steps = try ticket.json { () throws(JSONError) in try value.int }
        let allowed = allowedSteps(ticket)
        guard allowed.contains(steps) else {
            throw .invalidValue("steps must be 2…\(allowed.upperBound), both ends included; found \(steps)")
        }
        return steps
    }

    private static func method(_ object: JSONValue, _ ticket: Ticket) throws(RequestError) -> LatentPath? {
        guard let value = try ticket.json({ () throws(JSONError) in try object["method"] }) else { return nil }
        let text = try ticket.json { () throws(JSONError) in try value.string }
        guard let method = LatentPath(rawValue: text) else {
            throw .invalidValue("method must be linear or slerp; found \"\(clipped(text))\"")
        }
        return method
    }

    /// An image, `{"z": […]}` or `{"seed": n}`.
    private static func point(
        _ name: String, in object: JSONValue, _ ticket: Ticket, _ passage: Passage
    ) throws(RequestError) -> Point {
        guard let value = try ticket.json({ () throws(JSONError) in try object[name] }) else {
            throw .invalidValue("\"\(name)\" is missing: an image, {\"z\": […]} or {\"seed\": n}")
        }
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
        throw .invalidValue("\"\(name)\" must be an image, {\"z\": […]} or {\"seed\": n}")
    }

    /// Two images as a form: parts called `from` and `to`, or else in this order.
    private static func images(
        boundary: String, _ ticket: Ticket, _ passage: Passage
    ) throws(RequestError) -> (Point, Point) {
        let body = unsafe ticket.request.body
        var parts = try unsafe MultipartForm(body, boundary: boundary, maximumParts: max(3, ticket.limits.rows)).parts
        guard parts.count == 2 else {
            throw .invalidValue("interpolate takes two images; the form has \(parts.count) parts")
        }
        if parts[0].name == "to" && parts[1].name == "from" { parts.swapAt(0, 1) }
        let input = ImageInput(ticket: ticket, passage: passage)
        let first = try unsafe input.row(parts[0], body)
        let second = try unsafe input.row(parts[1], body)
        return (.image(row: first), .image(row: second))
    }
}
