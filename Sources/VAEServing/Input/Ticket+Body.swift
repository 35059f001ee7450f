internal import HTTPServer
internal import VAE

extension Ticket {
    /// Runs `body` and turns what the JSON layer threw into a request's error.
    func json<Value>(_ body: () throws(JSONError) -> Value) throws(RequestError) -> Value {
        do { return try body() } catch { throw RequestError(error) }
    }

    /// The body as a JSON object that has no other members than `allowed`.
    func parseJSON(allowed: [String]) throws(RequestError) -> JSONValue {
        let root = try json { () throws(JSONError) in try unsafe json.parse(request.body) }
        guard root.kind == .object else {
            throw .invalidValue(
                "expected a JSON object with \(allowed.joined(separator: ", ")); found \(root.kind.name)")
        }
        if let key = try json({ () throws(JSONError) in try root.firstKey(notIn: allowed) }) {
            throw .unknownParameter(
                "member \"\(clipped(key))\" is unknown here; known are \(allowed.joined(separator: ", "))")
        }
        return root
    }

    /// `{"key": [row, …]}` of numbers only, all as they should be, as new rows of `target`; `nil`, and nothing added, leaves
    /// it to the parser to say what is not. `shapes`: those that a row may have.
    func scanRows(
        _ body: UnsafeRawBufferPointer, key: StaticString, shapes: [[Int]], within range: ClosedRange<Float>,
        into target: GrowingRows, of passage: Passage
    ) throws(RequestError) -> Range<Int>? {
        guard var scan = unsafe JSONRowScan(body, key: key, shapes: shapes) else { return nil }
        let first = target.count
        while !scan.isAtEnd {
            let row = target.append(1).lowerBound
            let values = unsafe target.row(row)
            guard row - first < limits.rows, unsafe scan.next(into: values),
                unsafe ValueCheck.firstOutside(range, count: target.width, values) == nil
            else {
                target.truncate(to: first)
                return nil
            }
            try passage.pause()
        }
        guard target.count > first, scan.isComplete else {
            target.truncate(to: first)
            return nil
        }
        return first..<target.count
    }

    /// float32 little-endian, whole rows, into new rows of `target`.
    func readOctets(
        _ body: UnsafeRawBufferPointer, into target: GrowingRows, what: String
    ) throws(RequestError) -> Range<Int> {
        let rowBytes = target.width * MemoryLayout<Float>.size
        guard body.count > 0, body.count % rowBytes == 0 else {
            throw .invalidShape(
                "expected whole rows of \(target.width) float32 = \(rowBytes) bytes each; found \(body.count) bytes")
        }
        try checkRows(body.count / rowBytes, what: what)
        let rows = target.append(body.count / rowBytes)
        unsafe UnsafeMutableRawPointer(target.row(rows.lowerBound)).copyMemory(
            from: body.baseAddress!, byteCount: body.count)
        return rows
    }
}
