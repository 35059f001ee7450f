internal import HTTPServer
internal import VAE

/// The reply to a request for inference under construction: JSON, and behind it the outputs that are wanted as bytes.
@safe struct InferenceReply: ~Copyable {
    private var buffer: OutputBuffer
    /// What goes behind the JSON, in order.
    private var blobs: [(start: UnsafePointer<Float>, count: Int)]
    private var outputs = 0
    private let passage: Passage

    init(
        _ request: InferenceRequest, _ part: InferencePart, _ passage: Passage, drawnSeed: UInt64?, capacity: Int
    ) {
        self.passage = passage
        unsafe blobs = []
        buffer = OutputBuffer(minimumCapacity: capacity)
        let loaded = passage.loaded
        buffer.append(utf8: "{\"model_name\":\(JSONText.quoted(loaded.name + part.suffix)),")
        buffer.append(utf8: "\"model_version\":\"\(loaded.contentHash)\",")
        if let id = request.id { buffer.append(utf8: "\"id\":\(JSONText.quoted(id)),") }
        if let drawnSeed { buffer.append(utf8: "\"parameters\":{\"seed\":\(drawnSeed)},") }
        buffer.append(literal: "\"outputs\":[")
    }

    /// Adds an output of `rows` rows at `values`, which must stay where they are until `response`.
    mutating func append(
        _ output: InferenceRequest.Output, rows: Int, _ values: UnsafePointer<Float>
    ) throws(RequestError) {
        let shape = [rows] + output.tensor.rowExtents(passage.architecture)
        let count = shape.reduce(1, *)
        if let index = unsafe ValueCheck.firstOutside(Self.finite, count: count, values) {
            throw .nonFiniteResult("\(output.tensor.rawValue): value \(index) is not a finite number")
        }
        if outputs > 0 { buffer.append(UInt8(ascii: ",")) }
        outputs += 1
        let extents = shape.map(String.init).joined(separator: ",")
        buffer.append(
            utf8: "{\"name\":\"\(output.tensor.rawValue)\",\"shape\":[\(extents)],"
                + "\"datatype\":\"\(InferenceTensor.datatype)\",")
        if output.isBinary {
            let bytes = count * MemoryLayout<Float>.size
            buffer.append(utf8: "\"parameters\":{\"binary_data_size\":\(bytes)}}")
            unsafe blobs.append((values, count))
        } else {
            buffer.append(literal: "\"data\":")
            try unsafe append(values, count: count)
            buffer.append(literal: "}")
        }
    }
    private static let finite = -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude

    /// `[1,2,…]`, with pauses.
    private mutating func append(_ values: UnsafePointer<Float>, count: Int) throws(RequestError) {
        for start in stride(from: 0, to: count, by: Self.sliceElements) {
            if start > 0 { try passage.pause() }
            let part = [min(Self.sliceElements, count - start)]
            let isLast = start + part[0] == count
            do {
                try unsafe buffer.appendInPlace(room: JSONText.maximumBytes(floatsOf: part)) {
                    (room) throws(NonFiniteValue) in
                    let text = unsafe room.baseAddress!.assumingMemoryBound(to: UInt8.self)
                    let written = try unsafe JSONText.write(values + start, shape: part, to: text)
                    // Each part comes with brackets of its own: those between parts become one comma.
                    if start > 0 { unsafe text[0] = UInt8(ascii: ",") }
                    return isLast ? written : written - 1
                }
            } catch { throw .nonFiniteResult("\(error)") }
        }
    }
    private static let sliceElements = 1 << 16

    /// Closes the JSON and adds the bytes.
    consuming func response() -> HTTPResponse {
        buffer.append(literal: "]}")
        guard unsafe !blobs.isEmpty else {
            return HTTPResponse(status: 200, contentType: "application/json", body: buffer)
        }
        let headerLength = buffer.count
        for index in unsafe blobs.indices {
            let (start, count) = unsafe blobs[index]
            unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(UnsafeBufferPointer(start: start, count: count)))
        }
        var response = HTTPResponse(status: 200, contentType: "application/octet-stream", body: buffer)
        response.setHeader(InferenceRequest.headerName, String(headerLength))
        return response
    }
}
