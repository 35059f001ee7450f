internal import CImageCodecs

/// How several images become one picture: tiles in lines from the top left, with gaps between them but none around.
public struct ImageGrid: Hashable, Sendable {
    /// Tiles in a line; `nil` for the squarest grid, ⌈√N⌉.
    public var columns: Int?
    /// Pixels between tiles.
    public var padding: Int
    /// The grey of the gaps, and of what the last line leaves open.
    public var background: UInt8

    /// A grid as square as can be, with gaps of 2 black pixels, unless told otherwise.
    public init(columns: Int? = nil, padding: Int = 2, background: UInt8 = 0) {
        self.columns = columns
        self.padding = padding
        self.background = background
    }

    /// The number of tiles in a line for `count` images. Never more than there are images.
    public func columns(for count: Int) -> Int {
        if let columns { return min(columns, max(count, 1)) }
        var side = Int(Double(max(count, 1)).squareRoot())
        while side * side < count { side += 1 }
        return side
    }

    func c(for count: Int) -> ic_grid {
        ic_grid(
            columns: Int32(clamping: columns(for: count)), padding: Int32(clamping: padding), background: background
        )
    }
}
