internal import HTTPServer
internal import VAE

/// Images of a request as rows of x: whichever way they came, `[C, H, W]` floats with values 0…1.
struct ImageInput {
    let ticket: Ticket
    let passage: Passage

    private var shape: Shape { passage.architecture.inputShape }
    private var pixels: Int { passage.architecture.inputCount }

    /// Reads the whole body, with the labels of a conditional model, and returns the rows it became, at least one.
    func readBody() throws(RequestError) -> Range<Int> {
        let (rows, object) = try readRows()
        if let labels = try LabelInput(ticket: ticket, passage: passage).labels(object, count: rows.count) {
            passage.labels?.x.set(labels, for: rows)
        }
        return rows
    }

    /// The rows, and the body if it was parsed.
    private func readRows() throws(RequestError) -> (Range<Int>, JSONValue?) {
        let body = unsafe ticket.request.body
        guard body.count > 0 else { throw .malformedBody("expected at least one image; the body is empty") }
        if let items = passage.loaded.items { return (try list(of: items), nil) }
        switch try MediaType(ticket.request) {
        case .image:
            return (try unsafe picture(body, what: "the body"), nil)
        case .octets:
            return (try unsafe octets(body), nil)
        case .multipart(let boundary):
            let form = try unsafe MultipartForm(body, boundary: boundary, maximumParts: ticket.limits.rows)
            return (try unsafe multipart(form.parts, body), nil)
        case .json:
            if let rows = try unsafe ticket.scanRows(
                body, key: "images", shapes: acceptedShapes, within: 0...1, into: passage.x, of: passage)
            {
                return (rows, nil)
            }
            let object = try ticket.parseJSON(allowed: ["images", "label"])
            return (try json(object), object)
        }
    }

    /// What a recommendation model has in the place of images.
    private func list(of items: ItemCatalogue) throws(RequestError) -> Range<Int> {
        switch try MediaType(ticket.request) {
        case .octets: return try unsafe octets(ticket.request.body)
        case .json:
            let object = try ticket.parseJSON(allowed: ItemInput.members)
            return try ItemInput(ticket: ticket, passage: passage, items: items).rows(object)
        case .image, .multipart:
            throw .unsupportedMediaType(
                "\(passage.loaded.name) is a recommendation model: expected application/json {\"items\": […]}, or "
                    + "application/octet-stream float32 rows of a number for each of its \(items.count) items")
        }
    }

    /// Shapes that one image may have as JSON.
    private var acceptedShapes: [[Int]] {
        let extents = shape.extents
        return [extents, [pixels]] + (extents[0] == 1 ? [Array(extents.dropFirst())] : [])
    }

    /// `{"images": […]}`.
    private func json(_ object: JSONValue) throws(RequestError) -> Range<Int> {
        guard let images = try ticket.json({ () throws(JSONError) in try object["images"] }), images.kind == .array
        else {
            throw .invalidValue("expected {\"images\": […]}, an array of images")
        }
        try ticket.checkRows(images.count, what: "image")
        let first = passage.x.count
        for image in try ticket.json({ () throws(JSONError) in try images.elements }) {
            _ = try row(image)
            try passage.pause()
        }
        return first..<passage.x.count
    }

    /// One image as JSON: numbers nested as `[C][H][W]`, `[H][W]` or flat, or a base64 string of a PNG or JPEG.
    func row(_ value: JSONValue) throws(RequestError) -> Int {
        let row = passage.x.append(1).lowerBound
        if value.kind == .string {
            try base64(value, into: row)
            return row
        }
        guard value.kind == .array else {
            throw .invalidValue("\(value.path) should be an image: an array of numbers, or a base64 string")
        }
        let target = unsafe passage.x.row(row)
        let found = try ticket.json { () throws(JSONError) in
            try unsafe value.readFloats(into: target, capacity: pixels)
        }
        guard acceptedShapes.contains(found) else {
            let shapes = acceptedShapes.map { "\($0)" }.joined(separator: " or ")
            throw .invalidShape(
                "\(value.path) should be an image of shape \(shapes), or a base64 string; it has shape \(Shape(found))")
        }
        try checkPixels(row, path: value.path)
        return row
    }

    /// The image that a part of a form holds.
    func row(_ part: MultipartForm.Part, _ body: UnsafeRawBufferPointer) throws(RequestError) -> Int {
        try unsafe picture(UnsafeRawBufferPointer(rebasing: body[part.range]), what: "part \"\(clipped(part.name))\"")
            .lowerBound
    }

    private func multipart(
        _ parts: [MultipartForm.Part], _ body: UnsafeRawBufferPointer
    ) throws(RequestError) -> Range<Int> {
        try ticket.checkRows(parts.count, what: "image")
        let first = passage.x.count
        for part in parts {
            _ = try unsafe row(part, body)
            try passage.pause()
        }
        return first..<passage.x.count
    }

    /// A PNG or JPEG, as one row.
    func picture(_ bytes: UnsafeRawBufferPointer, what: String) throws(RequestError) -> Range<Int> {
        let rows = passage.x.append(1)
        do {
            try unsafe decode(bytes, into: rows.lowerBound)
        } catch { throw RequestError(error, what: what) }
        return rows
    }

    private func decode(_ bytes: UnsafeRawBufferPointer, into row: Int) throws(ImageError) {
        try unsafe ticket.decoder.decode(
            bytes, shape: shape, into: passage.x.row(row), pixelsLeft: &ticket.budget.left)
    }

    private func base64(_ value: JSONValue, into row: Int) throws(RequestError) {
        let decoded: [UInt8]?
        do {
            decoded = try value.withUTF8 { (text: Span<UInt8>) throws(Base64.Malformed) in
                try Base64.decode(text.extracting(Self.base64Start(text)...))
            }
        } catch { throw .malformedImage("\(value.path): \(error)") }
        guard let bytes = decoded else { throw .invalidValue("\(value.path) must be a base64 string") }
        let result: Result<Void, ImageError> = unsafe bytes.withUnsafeBytes { buffer in
            do throws(ImageError) {
                return .success(try unsafe decode(buffer, into: row))
            } catch { return .failure(error) }
        }
        if case .failure(let error) = result { throw RequestError(error, what: value.path) }
    }

    /// A browser's canvas gives `data:image/png;base64,…`: what comes after the comma is the base64.
    private static func base64Start(_ text: Span<UInt8>) -> Int {
        let scheme = Array("data:".utf8)
        guard text.count > scheme.count, scheme.indices.allSatisfy({ text[$0] == scheme[$0] }) else { return 0 }
        return ((0..<min(text.count, 128)).first { text[$0] == UInt8(ascii: ",") } ?? -1) + 1
    }

    private func octets(_ body: UnsafeRawBufferPointer) throws(RequestError) -> Range<Int> {
        let rows = try unsafe ticket.readOctets(body, into: passage.x, what: "image")
        for row in rows { try checkPixels(row, path: "row \(row - rows.lowerBound)") }
        return rows
    }

    /// Refuses pixels that are not 0…1.
    func checkPixels(_ row: Int, path: @autoclosure () -> String) throws(RequestError) {
        let base = unsafe passage.x.row(row)
        if let index = unsafe ValueCheck.firstOutside(0...1, count: pixels, base) {
            throw unsafe .invalidValue(
                "\(path()): pixels must be 0…1 (bytes divided by 255); value \(index) is \(base[index])")
        }
    }
}
