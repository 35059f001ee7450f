internal import HTTPServer
internal import VAE

/// From one point to another in latent space: on at two x (or z, or seeds), a path of z, off at x.
struct InterpolateTrip: Trip {
    private let format: ReplyFormat
    private let columns: Int?
    private let from, to: LatentPoint
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
                let points = PointInput(ticket: ticket, passage: passage)
                from = try points.member("from", of: object)
                to = try points.member("to", of: object)
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
        let ends = FloatBuffer(count: 2 * latent)
        unsafe from.write(to: ends.base, passage)
        unsafe to.write(to: ends.base + latent, passage)
        rows = passage.z.append(steps)
        unsafe method.points(
            from: ends.base, to: ends.base + latent, latent: latent, steps: steps,
            into: passage.z.row(rows.lowerBound))
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

    /// Two images as a form: parts called `from` and `to`, or else in this order.
    private static func images(
        boundary: String, _ ticket: Ticket, _ passage: Passage
    ) throws(RequestError) -> (LatentPoint, LatentPoint) {
        let body = unsafe ticket.request.body
        var parts = try unsafe MultipartForm(body, boundary: boundary, maximumParts: max(3, ticket.limits.rows)).parts
        guard parts.count == 2 else {
            throw .invalidValue("interpolate takes two images; the form has \(parts.count) parts")
        }
        if parts[0].name == "to" && parts[1].name == "from" { parts.swapAt(0, 1) }
        let points = PointInput(ticket: ticket, passage: passage)
        return (try unsafe points.part(parts[0], body), try unsafe points.part(parts[1], body))
    }
}
