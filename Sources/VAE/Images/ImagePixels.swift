/// An image in bytes.
public struct ImagePixels: Equatable, Sendable {
    /// Pixels across.
    public let width: Int
    /// Pixels down.
    public let height: Int
    /// 1 for grey, 3 for red, green and blue.
    public let channels: Int
    /// `[height, width, channels]`.
    public let values: [UInt8]

    /// Wraps `values`, which must be `height * width * channels` bytes.
    public init(width: Int, height: Int, channels: Int, values: [UInt8]) {
        precondition(
            values.count == height * width * channels,
            "expected \(height) * \(width) * \(channels) bytes, found \(values.count)"
        )
        self.width = width
        self.height = height
        self.channels = channels
        self.values = values
    }
}
