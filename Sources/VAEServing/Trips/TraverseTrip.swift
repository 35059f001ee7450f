internal import HTTPServer
internal import VAE

/// What single dimensions do: codes that are one point's but for one number, which goes through where data have theirs.
/// On at a point, off at x.
struct TraverseTrip: Trip {
    private let form: ReplyForm
    private let from: LatentPoint
    private let dimensions: [Int]
    /// In standard deviations from the mean, of the aggregate posterior or the prior.
    private let values: [Float]
    /// Of a conditional model.
    private let label: [UInt32]?
    private var rows = 0..<0

    static let defaultSteps = 11
    static let defaultDimensions = 10
    private static let defaultRange: Float = 3

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let isGet = ticket.request.method != .post
        form = try ReplyForm(ticket, passage, isDetermined: isGet)
        let points = PointInput(ticket: ticket, passage: passage)
        var object: JSONValue?
        if isGet {
            guard let seed = try ticket.query.seed("seed") else {
                throw .invalidValue("expected seed, whose first sample is traversed; POST takes an image or a code")
            }
            from = .seed(seed)
        } else {
            (from, object) = try points.from(allowed: ["from", "dimensions", "range", "steps", "label"])
        }
        label = try points.label(object)
        let options = RequestOptions(ticket: ticket, object: object)
        let limit = max(2, ticket.limits.rows)
        let steps = try options.integer("steps", in: 2...limit) ?? min(Self.defaultSteps, limit)
        let range = try options.number("range", in: 0...100) ?? Self.defaultRange
        values = LatentPath.values(within: range, steps: steps)

        let latent = passage.architecture.latent
        let most = max(1, limit / steps)
        let space = passage.loaded.latentSpace
        dimensions =
            try options.integers("dimensions", in: 0...(latent - 1), most: latent)
            ?? Array(space.byDivergence.prefix(min(Self.defaultDimensions, most)))
        guard Set(dimensions).count == dimensions.count else {
            throw .invalidValue("dimensions must be different numbers; found \(clipped("\(dimensions)"))")
        }
        guard dimensions.count <= most else {
            throw .tooManyRows(
                "\(dimensions.count) dimensions of \(steps) steps; at most \(limit) images are made in one request")
        }
    }

    var rowsToChoose: Int { form.clientHasIt ? 0 : dimensions.count * values.count }

    mutating func chooseLatents(_ passage: Passage) {
        guard !form.clientHasIt else { return }
        let latent = passage.architecture.latent
        let point = LatentPoint.codes(of: [from], passage)
        let space = passage.loaded.latentSpace
        rows = passage.z.append(rowsToChoose)
        if let label { passage.labels?.z.set(label, for: rows) }
        var row = rows.lowerBound
        for dimension in dimensions {
            for value in values {
                let code = unsafe passage.z.row(row)
                unsafe code.update(from: point.base, count: latent)
                unsafe code[dimension] = space.mean[dimension] + value * space.deviation[dimension]
                row += 1
            }
        }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        if let response = form.notModified { return response }
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows, axes: [dimensions.count, values.count])
        return try images.response(form, columns: values.count) { (body: inout JSONBody) throws(RequestError) in
            body.member("dimensions", dimensions)
            body.member("unit", passage.loaded.latentSpace.source.rawValue)
            try body.member("values", values)
            try images.appendWithCodes(rows, to: &body)
        }
    }
}
