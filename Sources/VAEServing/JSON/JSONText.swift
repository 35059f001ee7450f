import CSIMDJSON

/// Writes JSON into memory that the caller reserved.
///
/// Every function returns how many bytes it wrote; how many to reserve says the bound beside it. Up to the bound the
/// memory may be overwritten beyond what is returned.
enum JSONText {
    /// Bytes to reserve for any single number.
    static let maximumNumberBytes = Int(CSIMDJSON_NUMBER_BYTES)

    /// Bytes to reserve for nested arrays of floats of this shape.
    static func maximumBytes(floatsOf shape: [Int]) -> Int {
        precondition(!shape.isEmpty, "a single number is written as a double")
        let bound = unsafe csimdjson_floats_bound(shape, shape.count)
        precondition(bound >= 0, "the shape \(shape) does not fit into memory")
        return bound
    }

    /// Writes `values` [shape] as nested arrays, each value as the shortest decimal that reads back as the same float.
    static func write(
        _ values: UnsafePointer<Float>, shape: [Int], to text: UnsafeMutablePointer<UInt8>
    ) throws(NonFiniteValue) -> Int {
        precondition(!shape.isEmpty, "a single number is written as a double")
        var written = 0
        let index = unsafe csimdjson_write_floats(values, shape, shape.count, text, &written)
        // The C side returns SIZE_MAX for "none", which Swift sees as -1.
        if index >= 0 {
            throw NonFiniteValue(index: index)
        }
        return written
    }

    /// Writes the shortest decimal that reads back as the same double.
    static func write(_ value: Double, to text: UnsafeMutablePointer<UInt8>) throws(NonFiniteValue) -> Int {
        let written = unsafe csimdjson_write_double(value, text)
        if written == 0 {
            throw NonFiniteValue(index: 0)
        }
        return written
    }

    static func write(_ value: Int, to text: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe csimdjson_write_int64(Int64(value), text)
    }

    static func write(_ value: UInt64, to text: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe csimdjson_write_uint64(value, text)
    }

    /// Bytes to reserve for a string with its quotes.
    static func maximumBytes(_ string: String) -> Int {
        csimdjson_string_bound(string.utf8.count)
    }

    /// Writes a string with its quotes.
    static func write(_ string: String, to text: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe csimdjson_write_string(string, string.utf8.count, text)
    }

    /// `string` as JSON, with its quotes.
    static func quoted(_ string: String) -> String {
        let room = maximumBytes(string)
        return unsafe String(unsafeUninitializedCapacity: room) { text in
            guard let base = text.baseAddress else { return 0 }
            return unsafe write(string, to: base)
        }
    }
}
