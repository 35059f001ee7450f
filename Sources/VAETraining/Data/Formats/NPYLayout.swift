internal import VAE

/// Which of an array's dimensions are which.
struct NPYLayout {
    /// Of one example, `[C, H, W]`.
    let shape: Shape
    /// Whether the array has the channels last.
    let isChannelsLast: Bool

    /// `[N, H, W]`, `[N, C, H, W]` or `[N, H, W, C]` with 1 or 3 channels, or vectors `[N, D]` as `[N, 1, 1, D]`.
    init(_ extents: [Int], path: String) throws(DatasetError) {
        func isColour(_ channels: Int) -> Bool { channels == 1 || channels == 3 }
        switch extents.count {
        case 2: (shape, isChannelsLast) = ([1, 1, extents[1]], false)
        case 3: (shape, isChannelsLast) = ([1, extents[1], extents[2]], false)
        case 4 where isColour(extents[1]): (shape, isChannelsLast) = (Shape(Array(extents[1...])), false)
        case 4 where isColour(extents[3]): (shape, isChannelsLast) = ([extents[3], extents[1], extents[2]], true)
        default:
            throw .format(
                path: path, offset: 0,
                expected: "an array [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels, or [N, D]",
                found: "\(Shape(extents))")
        }
    }
}
