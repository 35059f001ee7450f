internal import HTTPServer

/// A JSON reply under construction, in memory that goes to the socket as it is.
struct JSONBody: ~Copyable {
    var buffer: OutputBuffer
    /// How arrays of numbers are written.
    private let floats: FloatEncoding

    /// Starts with `{"model":"NAME"`.
    init(_ loaded: LoadedModel, floats: FloatEncoding = .float, capacity: Int) {
        self.floats = floats
        buffer = OutputBuffer(minimumCapacity: capacity + loaded.replyPrefix.count)
        buffer.append(contentsOf: loaded.replyPrefix)
    }

    /// `,"name":[[…],…]` for values of `shape`. A NaN or infinity is an error and never reaches the client.
    mutating func member(
        _ name: StaticString, _ values: UnsafePointer<Float>, shape: [Int]
    ) throws(RequestError) {
        if case .base64 = floats { return try unsafe base64Member(name, values, shape: shape) }
        key(name)
        do { try unsafe append(values, shape: shape) } catch { throw .nonFiniteResult("\(name): \(error)") }
    }

    /// The same for rows of a passage, with its pauses on the way.
    mutating func member(
        _ name: StaticString, _ values: UnsafePointer<Float>, shape: [Int], of passage: Passage
    ) throws(RequestError) {
        let rowCount = shape.dropFirst().reduce(1, *)
        let slice = max(1, Self.sliceElements / rowCount)
        guard shape[0] > slice else { return try unsafe member(name, values, shape: shape) }
        if case .base64 = floats { return try unsafe base64Member(name, values, shape: shape) }
        key(name)
        for row in stride(from: 0, to: shape[0], by: slice) {
            if row > 0 { try passage.pause() }
            let part = [min(slice, shape[0] - row)] + shape.dropFirst()
            let isLast = row + part[0] == shape[0]
            do {
                try unsafe buffer.appendInPlace(room: JSONText.maximumBytes(floatsOf: part)) {
                    (room) throws(NonFiniteValue) in
                    let text = unsafe room.baseAddress!.assumingMemoryBound(to: UInt8.self)
                    let count = try unsafe JSONText.write(values + row * rowCount, shape: part, to: text)
                    // Each part comes with brackets of its own: those between parts become one comma.
                    if row > 0 { unsafe text[0] = UInt8(ascii: ",") }
                    return isLast ? count : count - 1
                }
            } catch { throw .nonFiniteResult("\(name), from row \(row) on: \(error)") }
        }
    }
    private static let sliceElements = 1 << 16

    /// `,"name":"text"`, escaped.
    mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        unsafe buffer.appendInPlace(room: JSONText.maximumBytes(text)) { room in
            unsafe JSONText.write(text, to: room.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// `,"name":123`.
    mutating func member(_ name: StaticString, _ value: UInt64) {
        key(name)
        buffer.append(utf8: String(value))
    }

    /// `,"name":[1,2,…]`, as float32.
    mutating func member(_ name: StaticString, _ values: [Double]) throws(RequestError) {
        try member(name, values.map { Float($0) })
    }

    /// `,"name":[true,false,…]`.
    mutating func member(_ name: StaticString, _ values: [Bool]) {
        key(name)
        buffer.append(utf8: "[" + values.map { $0 ? "true" : "false" }.joined(separator: ",") + "]")
    }

    /// `,"name":[…,…]` of values that are JSON already.
    mutating func member(_ name: StaticString, _ json: [String]) {
        key(name)
        buffer.append(utf8: "[" + json.joined(separator: ",") + "]")
    }

    /// `,"name":{"member":[1,2,…],…}`, as float32; the members' names need no escapes.
    mutating func object(_ name: StaticString, _ members: [(name: String, values: [Double])]) throws(RequestError) {
        key(name)
        buffer.append(literal: "{")
        for (index, member) in members.enumerated() {
            let floats = member.values.map { Float($0) }
            buffer.append(utf8: "\(index == 0 ? "" : ",")\"\(member.name)\":")
            do { try unsafe append(floats, shape: [floats.count]) } catch {
                throw .nonFiniteResult("\(name) \(member.name): \(error)")
            }
        }
        buffer.append(literal: "}")
    }

    /// Closes the object.
    consuming func response() -> HTTPResponse {
        buffer.append(literal: "}\n")
        return HTTPResponse(status: 200, contentType: "application/json", body: buffer)
    }

    private mutating func append(_ values: UnsafePointer<Float>, shape: [Int]) throws(NonFiniteValue) {
        try unsafe buffer.appendInPlace(room: JSONText.maximumBytes(floatsOf: shape)) {
            (room) throws(NonFiniteValue) in
            let text = unsafe room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            return try unsafe JSONText.write(values, shape: shape, to: text)
        }
    }

    mutating func key(_ name: StaticString) {
        buffer.append(literal: ",\"")
        buffer.append(literal: name)
        buffer.append(literal: "\":")
    }
}
