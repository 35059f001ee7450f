internal import HTTPServer
internal import VAE

/// From one point to another in latent space: on at two x (or z, or seeds), a path of z, off at x.
struct InterpolateTrip: Trip {
    private let form: ReplyForm
    private let from, to: LatentPoint
    private let steps: Int
    private let method: LatentPath
    /// Of a conditional model.
    private let label: [UInt32]?
    private var rows = 0..<0

    static let defaultSteps = 10

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let isGet = ticket.request.method != .post
        form = try ReplyForm(ticket, passage, isDetermined: isGet)
        let points = PointInput(ticket: ticket, passage: passage)
        var object: JSONValue?
        if isGet {
            guard let first = try ticket.query.seed("from_seed"), let second = try ticket.query.seed("to_seed") else {
                throw .invalidValue("expected both from_seed and to_seed; POST takes images or codes instead")
            }
            (from, to) = (.seed(first), .seed(second))
        } else {
            switch try MediaType(ticket.request) {
            case .json:
                let body = try ticket.parseJSON(allowed: ["from", "to", "steps", "method", "label"])
                from = try points.member("from", of: body)
                to = try points.member("to", of: body)
                object = body
            case .multipart(let boundary):
                (from, to) = try Self.images(boundary: boundary, ticket, points)
            case .image, .octets:
                throw .unsupportedMediaType(
                    "interpolate takes two images as multipart/form-data, or application/json with from and to")
            }
        }
        label = try points.label(object)
        let options = RequestOptions(ticket: ticket, object: object)
        // Both ends at least, whatever the limit on rows.
        let limit = max(2, ticket.limits.rows)
        steps = try options.integer("steps", in: 2...limit) ?? min(Self.defaultSteps, limit)
        method = try options.choice("method", LatentPath.self) ?? .linear
    }

    var rowsToChoose: Int { form.clientHasIt ? 0 : steps }

    mutating func chooseLatents(_ passage: Passage) {
        guard !form.clientHasIt else { return }
        let latent = passage.architecture.latent
        let ends = FloatBuffer(count: 2 * latent)
        unsafe from.write(to: ends.base, passage)
        unsafe to.write(to: ends.base + latent, passage)
        rows = passage.z.append(steps)
        if let label { passage.labels?.z.set(label, for: rows) }
        unsafe method.points(
            from: ends.base, to: ends.base + latent, latent: latent, steps: steps,
            into: passage.z.row(rows.lowerBound))
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        if let response = form.notModified { return response }
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        return try images.response(form, columns: steps) { (body: inout JSONBody) throws(RequestError) in
            body.member("method", method.rawValue)
            try images.appendWithCodes(rows, to: &body)
        }
    }

    /// Two images as a form: parts called `from` and `to`, or else in this order.
    private static func images(
        boundary: String, _ ticket: Ticket, _ points: PointInput
    ) throws(RequestError) -> (LatentPoint, LatentPoint) {
        let body = unsafe ticket.request.body
        var parts = try unsafe MultipartForm(body, boundary: boundary, maximumParts: max(3, ticket.limits.rows)).parts
        guard parts.count == 2 else {
            throw .invalidValue("interpolate takes two images; the form has \(parts.count) parts")
        }
        if parts[0].name == "to" && parts[1].name == "from" { parts.swapAt(0, 1) }
        return (try unsafe points.part(parts[0], body), try unsafe points.part(parts[1], body))
    }
}
