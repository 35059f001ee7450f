/// The wire format of protocol buffers, as far as events need it: fields one after the other, each with its number.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, _ value: Double) {
        key(field, wireType: 1)
        bytes.appendLittleEndian(value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: Float) {
        key(field, wireType: 5)
        bytes.appendLittleEndian(value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: Int64) {
        key(field, wireType: 0)
        varint(UInt64(bitPattern: value))
    }

    mutating func add(_ field: Int, _ value: [UInt8]) {
        key(field, wireType: 2)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    /// Numbers back to back in one field.
    mutating func add(_ field: Int, packed values: [Double]) {
        var packed: [UInt8] = []
        for value in values { packed.appendLittleEndian(value.bitPattern) }
        add(field, packed)
    }

    private mutating func key(_ field: Int, wireType: UInt64) { varint(UInt64(field) << 3 | wireType) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension [UInt8] {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
