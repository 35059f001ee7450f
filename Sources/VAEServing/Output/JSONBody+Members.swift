internal import HTTPServer
internal import VAE

extension JSONBody {
    /// `,"name":["…",…]`: for each row of `shape` the base64 of its float32; one string where there is one axis.
    mutating func base64Member(
        _ name: StaticString, _ values: UnsafePointer<Float>, shape: [Int]
    ) throws(RequestError) {
        let rows = shape.count == 1 ? 1 : shape[0]
        let width = shape.reduce(1, *) / rows
        if let index = unsafe ValueCheck.firstOutside(ArrayReply.finite, count: rows * width, values) {
            throw unsafe .nonFiniteResult("\(name): value \(index) is \(values[index])")
        }
        key(name)
        let bytes = width * MemoryLayout<Float>.size
        buffer.reserve(rows * (Base64.encodedBytes(bytes) + 3) + 2)
        if shape.count > 1 { buffer.append(UInt8(ascii: "[")) }
        for row in 0..<rows {
            if row > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(UInt8(ascii: "\""))
            unsafe buffer.appendInPlace(room: Base64.encodedBytes(bytes)) { room in
                let start = unsafe UnsafeRawPointer(values + row * width).assumingMemoryBound(to: UInt8.self)
                return unsafe Base64.encode(
                    UnsafeBufferPointer(start: start, count: bytes),
                    to: room.baseAddress!.assumingMemoryBound(to: UInt8.self))
            }
            buffer.append(UInt8(ascii: "\""))
        }
        if shape.count > 1 { buffer.append(UInt8(ascii: "]")) }
    }

    /// The same as for memory, of a list of numbers.
    mutating func member(_ name: StaticString, _ values: [Float]) throws(RequestError) {
        let copy = FloatBuffer(values)
        try unsafe member(name, copy.base, shape: [values.count])
    }

    /// `,"name":[1,2,3]`.
    mutating func member(_ name: StaticString, _ values: [Int]) {
        key(name)
        buffer.append(utf8: "[" + values.map(String.init).joined(separator: ",") + "]")
    }

    /// `,"name":1.5`; `null` for a number there is none of.
    mutating func member(_ name: StaticString, _ value: Double?) throws(RequestError) {
        key(name)
        guard let value else { return buffer.append(literal: "null") }
        do {
            try unsafe buffer.appendInPlace(room: JSONText.maximumNumberBytes) { (room) throws(NonFiniteValue) in
                try unsafe JSONText.write(value, to: room.baseAddress!.assumingMemoryBound(to: UInt8.self))
            }
        } catch { throw .nonFiniteResult("\(name) is \(value)") }
    }

    /// `,"name":[[…],…]`, rows of any lengths, each element as `text` writes it.
    mutating func member<Element>(_ name: StaticString, rows: [[Element]], _ text: (Element) -> String) {
        key(name)
        buffer.append(UInt8(ascii: "["))
        for (index, row) in rows.enumerated() {
            buffer.append(utf8: index == 0 ? "[" : ",[")
            for (index, element) in row.enumerated() {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.append(utf8: text(element))
            }
            buffer.append(UInt8(ascii: "]"))
        }
        buffer.append(UInt8(ascii: "]"))
    }
}
