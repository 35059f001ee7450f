internal import HTTPServer
internal import VAE

/// A point moved along a direction, by several strengths: z + strength · direction. On at a point, off at x.
struct EditTrip: Trip {
    private let form: ReplyForm
    private let from: LatentPoint
    private let direction: [Float]
    /// Its name, if the checkpoint has it.
    private let attribute: String?
    private let strengths: [Float]
    /// Of a conditional model.
    private let label: [UInt32]?
    private var rows = 0..<0

    static let defaultSteps = 7
    private static let defaultRange: Float = 1

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        form = try ReplyForm(ticket, passage, isDetermined: false)
        let points = PointInput(ticket: ticket, passage: passage)
        let object: JSONValue?
        (from, object) = try points.from(
            allowed: ["from", "direction", "attribute", "strength", "steps", "range", "label"])
        label = try points.label(object)
        let options = RequestOptions(ticket: ticket, object: object)
        (direction, attribute) = try Self.direction(options, passage)
        strengths = try Self.strengths(options, ticket)
    }

    /// The direction itself, or that which the checkpoint has under a name.
    private static func direction(
        _ options: RequestOptions, _ passage: Passage
    ) throws(RequestError) -> ([Float], String?) {
        let latent = passage.architecture.latent
        let given = options.object == nil ? nil : try options.numbers("direction", in: -1e6...1e6, most: latent)
        let name = try options.text("attribute")
        guard (given == nil) != (name == nil) else {
            throw .invalidValue(
                "expected either \"direction\", \(latent) numbers such as attributes gives, or \"attribute\", a name; found "
                    + (given == nil ? "neither" : "both"))
        }
        if let name {
            guard let landmark = passage.loaded.landmarks?.direction(named: name) else {
                let names = passage.loaded.landmarks?.directions.map(\.name) ?? []
                throw .invalidValue(
                    "\(passage.loaded.name) has no direction \"\(clipped(name))\"; "
                        + (names.isEmpty ? "it has none" : "there are \(clipped(names.joined(separator: ", ")))"))
            }
            return (landmark.vector, name)
        }
        guard let given, given.count == latent else {
            throw .invalidShape("direction: this model has \(latent) latent dimensions; found \(given?.count ?? 0)")
        }
        return (given, nil)
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
            if let attribute { body.member("attribute", attribute) }
            try body.member("strength", strengths)
            try images.appendWithCodes(rows, to: &body)
        }
    }
}
