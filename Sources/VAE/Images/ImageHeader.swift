internal import CImageCodecs

/// Size and colour of a PNG or JPEG, from its first bytes and without decoding it.
public struct ImageHeader: Hashable, Sendable {
    /// The bytes of a file that reach the size nearly always; only a JPEG with long comments needs more.
    public static let prefixBytes = 65_536

    /// Pixels across.
    public let width: Int
    /// Pixels down.
    public let height: Int
    /// 1 for grey, 3 for colour.
    public let channels: Int

    /// Reads the first bytes of a file; `nil` when they do not reach as far as the size.
    ///
    /// Throws `.notAnImage`, `.unsupportedFormat` or `.corrupt`. That it does not says nothing about the rest.
    public init?(_ bytes: Span<UInt8>) throws(ImageError) {
        var header = ic_header()
        try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            guard let base = bytes.baseAddress else { throw .notAnImage("expected a PNG or JPEG, found 0 bytes") }
            try ImageError.check { failure in unsafe ic_read_header(base, bytes.count, &header, &failure) }
        }
        guard header.width > 0, header.height > 0 else { return nil }
        width = Int(header.width)
        height = Int(header.height)
        channels = Int(header.channels)
    }
}
