internal import HTTPServer
internal import VAE

/// The input tensor of a request for inference, as rows of x or z.
struct InferenceInput {
    let ticket: Ticket
    let tensor: InferenceTensor
    let passage: Passage

    private var target: GrowingRows { tensor == .x ? passage.x : passage.z }
    private var what: String { tensor == .x ? "image" : "latent code" }

    /// The raw form: `bytes` are whole rows.
    func rows(_ bytes: UnsafeRawBufferPointer) throws(RequestError) -> Range<Int> {
        let rows = try unsafe ticket.readOctets(bytes, into: target, what: what)
        try check(rows)
        return rows
    }

    /// The one element of `inputs`. `blob`: what came behind the JSON, if anything may.
    func rows(_ inputs: JSONValue?, blob: UnsafeRawBufferPointer?) throws(RequestError) -> Range<Int> {
        guard let inputs else { throw .invalidValue("expected \"inputs\": [{…}]; it is missing") }
        var elements = try json { () throws(JSONError) in try inputs.elements }
        guard let input = elements.next(), inputs.count == 1 else {
            throw .invalidValue("expected one input, \"\(tensor.rawValue)\"; found \(inputs.count)")
        }
        let name = try json { () throws(JSONError) in try required("name", of: input).string }
        guard name == tensor.rawValue else {
            throw .invalidValue("there is no input \"\(clipped(name))\"; there is \"\(tensor.rawValue)\"")
        }
        let datatype = try json { () throws(JSONError) in try required("datatype", of: input).string }
        guard datatype == InferenceTensor.datatype else {
            throw .invalidValue(
                "input \"\(name)\": expected datatype \(InferenceTensor.datatype), found \"\(clipped(datatype))\"")
        }
        let shape = try shape(of: input)
        try ticket.checkRows(shape[0], what: what)
        let size = try binarySize(of: input)
        let data = try json { () throws(JSONError) in try input["data"] }
        let rows = target.append(shape[0])
        switch (size, data) {
        case (let size?, nil): try unsafe copy(blob, size: size, to: rows)
        case (nil, let data?): try read(data, shape: shape, to: rows, blob: unsafe blob?.count ?? 0)
        case (_?, _?): throw .invalidValue("input \"\(name)\" has both data and binary_data_size; expected one of them")
        case (nil, nil): throw .invalidValue("input \"\(name)\" has neither data nor binary_data_size")
        }
        try check(rows)
        return rows
    }

    /// `[N, …]`, N at least 0 and the rest as the model has it.
    private func shape(of input: JSONValue) throws(RequestError) -> [Int] {
        let accepted = tensor.acceptedExtents(passage.architecture)
        let list = try json { () throws(JSONError) in try required("shape", of: input) }
        var shape: [Int] = []
        for extent in try json({ () throws(JSONError) in try list.elements }) {
            guard shape.count < Self.maximumRank else { break }
            shape.append(try json { () throws(JSONError) in try extent.int })
        }
        guard let count = shape.first, count >= 0, accepted.contains(Array(shape.dropFirst())) else {
            let shapes = accepted.map { "[N, \($0.map(String.init).joined(separator: ", "))]" }
            throw .invalidShape(
                "input \"\(tensor.rawValue)\": expected shape \(shapes.joined(separator: " or ")), found \(shape)")
        }
        return shape
    }
    private static let maximumRank = 8

    private func binarySize(of input: JSONValue) throws(RequestError) -> Int? {
        try json { () throws(JSONError) in
            guard let parameters = try input["parameters"] else { return nil }
            if let region = try parameters["shared_memory_region"] {
                throw region.error("is given, but this server shares no memory")
            }
            return try parameters["binary_data_size"]?.int
        }
    }

    private func copy(_ blob: UnsafeRawBufferPointer?, size: Int, to rows: Range<Int>) throws(RequestError) {
        let expected = rows.count * target.width * MemoryLayout<Float>.size
        guard size == expected else {
            throw .invalidShape(
                "input \"\(tensor.rawValue)\": its shape takes \(expected) bytes, binary_data_size is \(size)")
        }
        guard let blob = unsafe blob else {
            throw .malformedBody("binary_data_size needs the header \(InferenceRequest.headerName)")
        }
        guard blob.count == expected, let start = blob.baseAddress else {
            throw .malformedBody("expected \(expected) bytes behind the JSON, found \(blob.count)")
        }
        unsafe UnsafeMutableRawPointer(target.row(rows.lowerBound)).copyMemory(from: start, byteCount: expected)
    }

    /// Numbers nested as `shape` says, or flat.
    private func read(_ data: JSONValue, shape: [Int], to rows: Range<Int>, blob: Int) throws(RequestError) {
        guard blob == 0 else { throw .malformedBody("expected nothing behind the JSON, found \(blob) bytes") }
        let count = rows.count * target.width
        let found = try json { () throws(JSONError) in
            try unsafe data.readFloats(into: target.row(rows.lowerBound), capacity: count)
        }
        guard found == [count] || found == shape else {
            throw .invalidShape("\(data.path): expected shape \(Shape(shape)) or [\(count)], found \(Shape(found))")
        }
    }

    private func check(_ rows: Range<Int>) throws(RequestError) {
        guard tensor == .x else { return try LatentInput(ticket: ticket, passage: passage).check(rows, path: "z") }
        let images = ImageInput(ticket: ticket, passage: passage)
        for row in rows { try images.checkPixels(row, path: "x, row \(row - rows.lowerBound)") }
    }

    private func required(_ name: String, of input: JSONValue) throws(JSONError) -> JSONValue {
        guard let value = try input[name] else { throw input.error("has no \"\(name)\"") }
        return value
    }

    private func json<Value>(_ body: () throws(JSONError) -> Value) throws(RequestError) -> Value {
        try ticket.json(body)
    }
}
