/// Width and height that images are brought to.
public struct ImageSize: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What can be asked for.
    static let sides = 1...4096

    /// Pixels across.
    public let width: Int
    /// Pixels down.
    public let height: Int

    /// States both, each 1…4096.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Reads `64`, or `64x48` for width and height.
    public init(parsing text: String) throws(DatasetError) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(parts.count), let width = parts[0], let height = parts[parts.count - 1],
            Self.sides.contains(width), Self.sides.contains(height)
        else {
            throw .option(
                "--image-size \(text): expected a side such as 64, or width and height such as 64x48, each "
                    + "\(Self.sides.lowerBound)…\(Self.sides.upperBound)")
        }
        self.init(width: width, height: height)
    }

    /// `64x48`, or `64` for a square.
    public var description: String { width == height ? "\(width)" : "\(width)x\(height)" }
}
