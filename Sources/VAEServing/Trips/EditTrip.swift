internal import HTTPServer
internal import VAE

/// A point moved along a direction, by several strengths: z + strength · direction. On at a point, off at x.
struct EditTrip: Trip {
    private let form: ReplyForm
    private let from: LatentPoint
    private let direction: [Float]
    private let strengths: [Float]
    /// Of a conditional model.
    private let label: [UInt32]?
    private var rows = 0..<0

    static let defaultSteps = 7
    private static let defaultRange: Float = 1

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        form = try ReplyForm(ticket, passage, isDetermined: false)
        guard try MediaType(ticket.request) == .json else {
            throw .unsupportedMediaType("edit takes application/json with \"from\" and \"direction\"")
        }
        let object = try ticket.parseJSON(allowed: ["from", "direction", "strength", "steps", "range", "label"])
        let points = PointInput(ticket: ticket, passage: passage)
        from = try points.member("from", of: object)
        label = try points.label(object)
        let options = RequestOptions(ticket: ticket, object: object)
        let latent = passage.architecture.latent
        guard let direction = try options.numbers("direction", in: -1e6...1e6, most: latent) else {
            throw .invalidValue("\"direction\" is missing: \(latent) numbers, such as attributes gives")
        }
        guard direction.count == latent else {
            throw .invalidShape("direction: this model has \(latent) latent dimensions; found \(direction.count)")
        }
        self.direction = direction
        strengths = try Self.strengths(options, ticket)
    }

    /// As listed, or even steps.
    private static func strengths(_ options: RequestOptions, _ ticket: Ticket) throws(RequestError) -> [Float] {
        let limit = max(2, ticket.limits.rows)
        let steps = try options.integer("steps", in: 2...limit)
        let range = try options.number("range", in: 0...1e6)
        if let listed = try options.numbers("strength", in: -1e6...1e6, most: limit) {
            guard steps == nil && range == nil else {
                throw .invalidValue("expected either strength, or steps and range; found both")
            }
            return listed
        }
        return LatentPath.values(within: range ?? defaultRange, steps: steps ?? min(defaultSteps, limit))
    }

    var rowsToChoose: Int { strengths.count }

    mutating func chooseLatents(_ passage: Passage) {
        let point = LatentPoint.codes(of: [from], passage)
        rows = passage.z.append(strengths.count)
        if let label { passage.labels?.z.set(label, for: rows) }
        for (index, strength) in strengths.enumerated() {
            let code = unsafe passage.z.row(rows.lowerBound + index)
            for (dimension, step) in direction.enumerated() {
                unsafe code[dimension] = Float(Double(point.base[dimension]) + Double(strength) * Double(step))
            }
        }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows)
        return try images.response(form, columns: strengths.count) { (body: inout JSONBody) throws(RequestError) in
            try body.member("strength", strengths)
            try images.appendWithCodes(rows, to: &body)
        }
    }
}
