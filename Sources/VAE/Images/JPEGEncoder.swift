internal import CImageCodecs

/// Writes grey and colour JPEG files: smaller than PNG for photographs, and only nearly what was put in.
public struct JPEGEncoder: Sendable {
    /// 1…100, as libjpeg counts.
    public let quality: Int
    /// The most pixels a grid may have.
    public let maxPixels: Int

    /// An encoder that draws grids of up to `maxPixels`. The default quality is hard to tell from the original.
    public init(quality: Int = 95, maxPixels: Int = 16 << 20) {
        self.quality = quality
        self.maxPixels = maxPixels
    }

    /// Encodes the `count` rows `[N, C, H, W]` at `rows` as one picture, as `PNGEncoder` draws it.
    /// Throws `.invalidArgument`, `.tooLarge` or `.outOfMemory`.
    @unsafe public func encode(
        _ rows: UnsafePointer<Float>, count: Int, shape: Shape, grid: ImageGrid = ImageGrid()
    ) throws(ImageError) -> EncodedImage {
        let drawn = try unsafe DrawnGrid(rows, tiles: count, shape: shape, grid: grid, maxPixels: maxPixels)
        var jpeg: UnsafeMutablePointer<UInt8>?
        var size = 0
        try ImageError.check { failure in
            unsafe ic_jpeg_encode(
                drawn.pixels, drawn.width, drawn.height, drawn.channels, Int32(clamping: quality), &jpeg, &size,
                &failure)
        }
        guard let jpeg = unsafe jpeg else { throw .outOfMemory("no memory for a JPEG") }
        return unsafe EncodedImage(taking: jpeg, count: size)
    }
}
