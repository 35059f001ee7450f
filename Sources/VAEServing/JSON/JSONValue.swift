import CSIMDJSON

/// A value in the document that its reader holds; valid until the reader parses again.
///
/// Nothing is converted before it is asked for, and errors carry the place: `images[2].z is null, expected a string`.
@safe struct JSONValue {
    /// The type that a value was written as.
    enum Kind {
        case null, boolean, number, string, array, object
    }

    // Keeps the document's memory alive, which is what makes `raw` safe to hold.
    private let reader: JSONReader

    private let raw: csimdjson_value

    init(_ raw: csimdjson_value, of reader: JSONReader) {
        unsafe self.raw = raw
        self.reader = reader
    }

    var kind: Kind {
        switch unsafe csimdjson_type_of(raw) {
        case .null: .null
        case .boolean: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        case .stale: preconditionFailure("a JSON value was used after its reader had parsed another document")
        }
    }

    /// The number of elements of an array or fields of an object; 0 for anything else.
    var count: Int {
        unsafe csimdjson_count(current)
    }

    /// Where the value stands in the document, as in `images[3].z[1]`; empty for the document itself.
    var path: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            guard let start = text.baseAddress else { return "" }
            unsafe csimdjson_path(current, start, text.count)
            return unsafe String(cString: start)
        }
    }

    /// The value of a key, or `nil` without one. Throws if this is no object or the key is there twice: RFC 8259 leaves
    /// open which of the two counts, and a proxy in front may have decided for the other.
    subscript(key: String) -> JSONValue? {
        get throws(JSONError) {
            var found = unsafe current
            let status = unsafe csimdjson_find(current, key, key.utf8.count, &found)
            if status == .missing {
                return nil
            }
            try reader.check(status)
            return unsafe JSONValue(found, of: reader)
        }
    }

    /// The elements of an array, in order.
    var elements: JSONElements {
        get throws(JSONError) {
            try expect(.array, "an array")
            var first = unsafe raw
            guard unsafe csimdjson_first_element(raw, &first) else {
                return JSONElements(count: 0, first: nil)
            }
            return unsafe JSONElements(count: csimdjson_count(raw), first: JSONValue(first, of: reader))
        }
    }

    /// The element after this one in the same array.
    var next: JSONValue? {
        var next = unsafe current
        return unsafe csimdjson_next_element(&next) ? JSONValue(next, of: reader) : nil
    }

    /// The keys and values of an object, in the order of the text, also those that are there twice.
    var fields: [(key: String, value: JSONValue)] {
        get throws(JSONError) {
            try expect(.object, "an object")
            var fields: [(key: String, value: JSONValue)] = []
            var field = unsafe csimdjson_field()
            var isField = unsafe csimdjson_first_field(raw, &field)
            while isField {
                let bytes = unsafe UnsafeRawBufferPointer(start: field.key, count: field.key_length)
                let key = unsafe String(decoding: bytes, as: UTF8.self)
                unsafe fields.append((key, JSONValue(field.value, of: reader)))
                isField = unsafe csimdjson_next_field(&field)
            }
            return fields
        }
    }

    /// The first key of an object that is not in `known`; `nil` when all are. Stops there, however long the object.
    func firstKey(notIn known: [String]) throws(JSONError) -> String? {
        try expect(.object, "an object")
        var field = unsafe csimdjson_field()
        var isField = unsafe csimdjson_first_field(raw, &field)
        while isField {
            let bytes = unsafe UnsafeRawBufferPointer(start: field.key, count: field.key_length)
            let key = unsafe String(decoding: bytes, as: UTF8.self)
            if !known.contains(key) { return key }
            isField = unsafe csimdjson_next_field(&field)
        }
        return nil
    }

    var bool: Bool {
        get throws(JSONError) {
            var result = false
            try reader.check(unsafe csimdjson_get_boolean(current, &result))
            return result
        }
    }

    /// Any number.
    var double: Double {
        get throws(JSONError) {
            var result = 0.0
            try reader.check(unsafe csimdjson_get_double(current, &result))
            return result
        }
    }

    /// A whole number, also one written `8.0`.
    var int: Int {
        get throws(JSONError) {
            var result: Int64 = 0
            try reader.check(unsafe csimdjson_get_int64(current, &result))
            return Int(result)
        }
    }

    /// A whole number from 0 up.
    var uint64: UInt64 {
        get throws(JSONError) {
            var result: UInt64 = 0
            try reader.check(unsafe csimdjson_get_uint64(current, &result))
            return result
        }
    }

    var string: String {
        get throws(JSONError) {
            var length = 0
            var text: UnsafePointer<CChar>? = nil
            try reader.check(unsafe csimdjson_get_string(current, &text, &length))
            defer { extendLifetime(reader) }
            return unsafe String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
        }
    }

    /// Lends the bytes of a string, escapes resolved, without copying them: for the long ones (base64). Returns `nil`
    /// for a value that is no string.
    func withUTF8<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        var length = 0
        var text: UnsafePointer<CChar>? = nil
        guard unsafe csimdjson_get_string(current, &text, &length) == .ok else {
            return nil
        }
        defer { extendLifetime(reader) }
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
        return try unsafe body(bytes.assumingMemoryBound(to: UInt8.self).span)
    }

    /// The shape that nested arrays of numbers have if their first elements are like the others, outermost first: to
    /// know how much room `readFloats(into:capacity:)` needs.
    var apparentShape: [Int] {
        get throws(JSONError) {
            var shape = csimdjson_shape()
            try reader.check(unsafe csimdjson_shape_of(current, &shape))
            return shape.array
        }
    }

    /// Reads up to four nested arrays of numbers, in the order of the text.
    ///
    /// Fails on ragged arrays, on anything that is not a number, on a number beyond the range of `Float`, and when there
    /// are more than `capacity`. Returns the shape, outermost first; its product is the number of floats written.
    func readFloats(into destination: UnsafeMutablePointer<Float>, capacity: Int) throws(JSONError) -> [Int] {
        var shape = csimdjson_shape()
        try reader.check(unsafe csimdjson_read_floats(current, destination, capacity, &shape))
        return shape.array
    }

    /// Reads nested arrays of at most `limit` numbers into an array; see `readFloats(into:capacity:)`.
    func readFloats(limit: Int) throws(JSONError) -> (shape: [Int], values: [Float]) {
        // Allocates for the shape that was found: a small document cannot ask for `limit` floats of memory.
        var total = 1
        for length in try apparentShape {
            let (product, isOverflowing) = total.multipliedReportingOverflow(by: length)
            total = isOverflowing ? .max : product
        }
        guard total <= limit else {
            let place = path.isEmpty ? "the document" : path
            throw JSONError(.tooManyValues, "\(place) has more values than expected, at most \(limit)")
        }
        var shape = csimdjson_shape()
        var status = csimdjson_status.ok
        let values = unsafe [Float](unsafeUninitializedCapacity: total) { buffer, count in
            status = unsafe csimdjson_read_floats(current, buffer.baseAddress, total, &shape)
            count = status == .ok ? total : 0
        }
        try reader.check(status)
        return (shape.array, values)
    }

    /// The failure of a value that is JSON but not what was expected: `steps` with "is 1, expected at least 2" gives
    /// `steps is 1, expected at least 2`.
    func error(_ complaint: String) -> JSONError {
        let path = path
        return JSONError(.unexpected, "\(path.isEmpty ? "the document" : path) \(complaint)")
    }

    /// The value for C, after making sure that the document is still there.
    private var current: csimdjson_value {
        _ = kind
        return unsafe raw
    }

    private func expect(_ expected: Kind, _ name: String) throws(JSONError) {
        guard kind == expected else {
            throw error("is \(kind.name), expected \(name)")
        }
    }
}

extension JSONValue.Kind {
    /// The kind in a sentence.
    var name: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension csimdjson_shape {
    fileprivate var array: [Int] {
        let (first, second, third, fourth) = dimensions
        return Array([first, second, third, fourth].prefix(rank))
    }
}
