import CSIMDJSON

/// Base64 with the standard alphabet (RFC 4648, section 4).
enum Base64 {
    /// The first character that cannot stand where it stands; the text's length when it stops too early.
    struct Malformed: Error, Equatable, CustomStringConvertible {
        let index: Int

        var description: String { "expected base64, found something else at character \(index)" }
    }

    /// Bytes to reserve for decoding this many characters.
    static func maximumDecodedBytes(_ characters: Int) -> Int {
        csimdjson_base64_decoded_bound(characters)
    }

    /// Characters that this many bytes become.
    static func encodedBytes(_ bytes: Int) -> Int {
        csimdjson_base64_encoded_size(bytes)
    }

    /// Decodes with or without padding, and strictly otherwise: no white space, no other alphabet, no bits left over.
    /// Returns the number of bytes.
    static func decode(
        _ text: UnsafeBufferPointer<UInt8>, to bytes: UnsafeMutablePointer<UInt8>
    ) throws(Malformed) -> Int {
        var written = 0
        let index = unsafe csimdjson_base64_decode(text.baseAddress, text.count, bytes, &written)
        // The C side returns SIZE_MAX for "none", which Swift sees as -1.
        if index >= 0 {
            throw Malformed(index: index)
        }
        return written
    }

    /// Decodes into an array; see `decode(_:to:)`.
    static func decode(_ text: Span<UInt8>) throws(Malformed) -> [UInt8] {
        try [UInt8](capacity: maximumDecodedBytes(text.count)) { (bytes) throws(Malformed) in
            try unsafe bytes.withUnsafeMutableBufferPointer { (buffer, count) throws(Malformed) in
                count = try unsafe text.withUnsafeBufferPointer { (text) throws(Malformed) in
                    try unsafe decode(text, to: buffer.baseAddress.unsafelyUnwrapped)
                }
            }
        }
    }

    /// Writes `encodedBytes(_:)` characters, padded. Returns their number.
    static func encode(_ bytes: UnsafeBufferPointer<UInt8>, to text: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe csimdjson_base64_encode(bytes.baseAddress, bytes.count, text)
    }
}
