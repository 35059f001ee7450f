/// How the numbers of an image `[C, H, W]` lie in memory while a network trains.
///
/// Rows come and go channels first, as their shape says. Between convolutions they lie channels last, because kernels
/// are two to three times as fast that way and, unlike with blocks of channels, any number of channels will do.
public enum ImageLayout: Sendable {
    /// `[C, H, W]`; also that of vectors.
    case channelsFirst
    /// `[H, W, C]`.
    case channelsLast

    /// Whether the two differ for images of `shape`: one channel or one pixel lies the same either way.
    static func matters(for shape: Shape) -> Bool {
        shape.extents.count == 3 && shape.extents[0] > 1 && shape.extents[0] < shape.elementCount
    }
}
