internal import HTTPServer
internal import VAE

/// The plane between two, three or four points, or of a model that has but two dimensions all of it. On at points, off
/// at x.
struct GridTrip: Trip {
    private enum Plane {
        /// From the corners: left to right, and then down.
        case corners([LatentPoint], LatentPath)
        /// Where the prior lies: dimension 0 across and dimension 1 down, at even steps of probability (Kingma & Welling
        /// 2014, figure 4).
        case manifold

        var name: String {
            switch self {
            case .corners(_, let path): path.rawValue
            case .manifold: "manifold"
            }
        }
    }

    private var form: ReplyForm
    private let plane: Plane
    /// Of the grid.
    private let lines, columns: Int
    /// Of a conditional model.
    private let label: [UInt32]?
    private var rows = 0..<0

    static let defaultSide = 8

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let isGet = ticket.request.method != .post
        form = try ReplyForm(ticket, passage, isDetermined: isGet)
        let points = PointInput(ticket: ticket, passage: passage)
        var corners: [LatentPoint]?
        var object: JSONValue?
        if isGet {
            corners = try ticket.query.seeds("seeds", most: 4)?.map { .seed($0) }
        } else {
            switch try MediaType(ticket.request) {
            case .json:
                let body = try ticket.parseJSON(allowed: ["corners", "rows", "columns", "method", "label"])
                if try ticket.json({ () throws(JSONError) in try body["corners"] }) != nil {
                    corners = try points.list("corners", of: body, atLeast: 2)
                }
                object = body
            case .multipart, .octets:
                corners = try ImageInput(ticket: ticket, passage: passage).readBody().map { .image(row: $0) }
            case .image:
                throw .unsupportedMediaType(
                    "grid takes two to four corners: application/json with \"corners\", multipart/form-data or octets")
            }
        }
        label = try points.label(object)
        let options = RequestOptions(ticket: ticket, object: object)
        let limit = max(2, ticket.limits.rows)
        let method = try options.choice("method", LatentPath.self)
        if let corners {
            guard (2...4).contains(corners.count) else {
                throw .invalidValue("expected 2, 3 or 4 corners; found \(corners.count)")
            }
            plane = .corners(corners, method ?? .linear)
        } else {
            guard passage.architecture.latent == 2 else {
                throw .invalidValue(
                    "expected \(isGet ? "seeds" : "corners"), 2 to 4 of them; only a model with 2 latent dimensions has a "
                        + "plane without, and this one has \(passage.architecture.latent)")
            }
            guard method == nil else {
                throw .invalidValue("method is for a grid between corners, of which there are none")
            }
            plane = .manifold
        }
        // Two corners make a line.
        let isLine = corners?.count == 2
        let allowed = isLine ? 1...1 : 2...max(2, limit / 2)
        lines = try options.integer("rows", in: allowed) ?? (isLine ? 1 : min(Self.defaultSide, allowed.upperBound))
        columns =
            try options.integer("columns", in: 2...max(2, limit / lines))
            ?? min(Self.defaultSide, max(2, limit / lines))
        form.columns = columns
    }

    var rowsToChoose: Int { form.clientHasIt ? 0 : lines * columns }

    mutating func chooseLatents(_ passage: Passage) {
        guard !form.clientHasIt else { return }
        rows = passage.z.append(lines * columns)
        if let label { passage.labels?.z.set(label, for: rows) }
        switch plane {
        case .corners(let corners, let path):
            fill(LatentPoint.codes(of: corners, passage), corners.count, path, passage)
        case .manifold: fillManifold(passage)
        }
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        if let response = form.notModified { return response }
        passage.formImages(rows)
        let images = ImageReply(passage: passage, rows: rows, axes: [lines, columns])
        return try images.response(form) { (body: inout JSONBody) throws(RequestError) in
            body.member("method", plane.name)
            body.member("rows", UInt64(lines))
            body.member("columns", UInt64(columns))
            try images.appendWithCodes(rows, to: &body)
        }
    }

    /// Down both sides, and then across. The fourth corner of three is that of the parallelogram, b + c − a.
    private func fill(_ given: FloatBuffer, _ count: Int, _ path: LatentPath, _ passage: Passage) {
        let latent = passage.architecture.latent
        guard count > 2 else {
            return unsafe path.points(
                from: given.base, to: given.base + latent, latent: latent, steps: columns,
                into: passage.z.row(rows.lowerBound))
        }
        let corners = FloatBuffer(count: 4 * latent)
        unsafe corners.base.update(from: given.base, count: count * latent)
        if count == 3 {
            for index in 0..<latent {
                corners[3 * latent + index] = corners[latent + index] + corners[2 * latent + index] - corners[index]
            }
        }
        let sides = FloatBuffer(count: 2 * lines * latent)
        for side in 0..<2 {
            unsafe path.points(
                from: corners.base + side * latent, to: corners.base + (2 + side) * latent, latent: latent,
                steps: lines,
                into: sides.base + side * lines * latent)
        }
        for line in 0..<lines {
            unsafe path.points(
                from: sides.base + line * latent, to: sides.base + (lines + line) * latent, latent: latent,
                steps: columns, into: passage.z.row(rows.lowerBound + line * columns))
        }
    }

    private func fillManifold(_ passage: Passage) {
        func place(_ index: Int, of count: Int) -> Float {
            Float(NormalDistribution.quantile(0.05 + 0.9 * Double(index) / Double(count - 1)))
        }
        for line in 0..<lines {
            for column in 0..<columns {
                let code = unsafe passage.z.row(rows.lowerBound + line * columns + column)
                unsafe code[0] = place(column, of: columns)
                unsafe code[1] = place(line, of: lines)
            }
        }
    }
}
