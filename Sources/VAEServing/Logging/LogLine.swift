internal import HTTPServer

/// A line for a log, under construction. Whatever comes from a client is escaped: no byte of it can end the line, leave
/// its quotes, or reach a terminal as a command.
struct LogLine: ~Copyable {
    private var buffer = OutputBuffer(minimumCapacity: 1024)

    /// Appends words of the program.
    mutating func literal(_ text: StaticString) { buffer.append(literal: text) }

    /// Appends a number.
    mutating func number(_ value: Int) { buffer.append(utf8: String(value)) }

    /// Appends nanoseconds as milliseconds with three decimals.
    mutating func milliseconds(_ nanoseconds: UInt64) {
        unsafe buffer.appendInPlace(room: Milliseconds.maximumBytes) { room in
            unsafe room.withMemoryRebound(to: CChar.self) { unsafe Milliseconds.write(nanoseconds, to: $0) }
        }
    }

    /// Appends a time as `2026-11-21T09:43:18.123Z`.
    mutating func time(_ time: Timestamp) {
        unsafe buffer.appendInPlace(room: Timestamp.bytes) { room in
            unsafe room.withMemoryRebound(to: UInt8.self) { unsafe time.write(to: $0) }
            return Timestamp.bytes
        }
    }

    /// Appends `text` as the inside of a JSON string, at most `limit` bytes of it and a mark that some are missing.
    mutating func json(_ text: String, limit: Int = .max) {
        if Self.isPlain(text, limit) { return buffer.append(utf8: text) }
        for scalar in Self.clipped(text, limit).unicodeScalars {
            switch scalar.value {
            case 0x22: buffer.append(literal: "\\\"")
            case 0x5c: buffer.append(literal: "\\\\")
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: escape(scalar.value, digits: 4, "\\u")
            default: buffer.append(utf8: String(scalar))
            }
        }
    }

    /// Appends `text` for a line that people read, at most `limit` bytes of it: what is not visible ASCII as `\x1b`.
    mutating func visible(_ text: String, limit: Int = .max) {
        if Self.isPlain(text, limit) { return buffer.append(utf8: text) }
        for byte in Self.clipped(text, limit).utf8 {
            switch byte {
            case 0x22: buffer.append(literal: "\\\"")
            case 0x5c: buffer.append(literal: "\\\\")
            case 0x20..<0x7f: buffer.append(byte)
            default: escape(UInt32(byte), digits: 2, "\\x")
            }
        }
    }

    /// Appends a sentence of the program's, which may quote something: only what could break the line is escaped.
    mutating func sentence(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: escape(scalar.value, digits: 4, "\\u")
            default: buffer.append(utf8: String(scalar))
            }
        }
    }

    /// Ends the line and hands it over.
    consuming func end(into writer: LineWriter) {
        buffer.append(UInt8(ascii: "\n"))
        buffer.withBytes { writer.add($0) }
    }

    /// Ends the line and gives it away as a string.
    consuming func text() -> String {
        buffer.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
    }

    private mutating func escape(_ value: UInt32, digits: Int, _ start: StaticString) {
        buffer.append(literal: start)
        for place in (0..<UInt32(digits)).reversed() {
            let digit = UInt8(value >> (4 * place) & 15)
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    private static func isPlain(_ text: String, _ limit: Int) -> Bool {
        text.utf8.count <= limit && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
    }

    private static func clipped(_ text: String, _ limit: Int) -> String {
        text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
    }
}
