internal import CImageCodecs

/// Writes 8-bit grey and RGB PNG files, for speed first.
///
/// A grid of 64 digits takes about 0.15 ms. The encoder holds nothing but its limit and serves any number of threads at
/// once; each thread that has encoded keeps a compressor of some 100 kB until it ends.
public struct PNGEncoder: Sendable {
    /// The most pixels a grid may have.
    public let maxPixels: Int

    /// An encoder that draws grids of up to `maxPixels`.
    public init(maxPixels: Int = 16 << 20) { self.maxPixels = maxPixels }

    /// Encodes `count` rows `[N, C, H, W]` as one picture, `shape` being `[C, H, W]` with C 1 or 3.
    ///
    /// A value becomes `floor(255 v + 1/2)` after clamping to 0…1; NaN becomes 0.
    /// Throws `.invalidArgument`, `.tooLarge` or `.outOfMemory`.
    public func encode(
        _ rows: Span<Float>, count: Int, shape: Shape, grid: ImageGrid = ImageGrid()
    ) throws(ImageError) -> EncodedImage {
        let (size, overflow) = (shape.elementCount(limit: Int(Int32.max)) ?? 0).multipliedReportingOverflow(by: count)
        guard !overflow, rows.count == size else {
            throw .invalidArgument("expected \(count) rows of \(shape), found \(rows.count) floats")
        }
        return try unsafe rows.withUnsafeBufferPointer { (rows) throws(ImageError) in
            guard let base = rows.baseAddress else { throw .invalidArgument("expected at least 1 image, found none") }
            return try unsafe encode(base, count: count, shape: shape, grid: grid)
        }
    }

    /// Encodes the `count * shape.elementCount` floats at `rows`, as above.
    @unsafe public func encode(
        _ rows: UnsafePointer<Float>, count: Int, shape: Shape, grid: ImageGrid = ImageGrid()
    ) throws(ImageError) -> EncodedImage {
        try unsafe encodeAnimation(rows, frames: 1, tiles: count, shape: shape, grid: grid, framesPerSecond: 1)
    }

    /// Encodes `frames` pictures of `tiles` rows each, `[frames, tiles, C, H, W]`, as an animated PNG, as above.
    @unsafe public func encodeAnimation(
        _ rows: UnsafePointer<Float>, frames: Int, tiles count: Int, shape: Shape, grid: ImageGrid,
        framesPerSecond: Int
    ) throws(ImageError) -> EncodedImage {
        let drawn = try unsafe DrawnGrid(
            rows, frames: frames, tiles: count, shape: shape, grid: grid, maxPixels: maxPixels)
        return try unsafe encode(
            pixels: drawn.pixels, frames: frames, framesPerSecond: framesPerSecond, width: drawn.width,
            height: drawn.height, channels: drawn.channels)
    }

    /// Encodes one image of bytes. Throws `.invalidArgument`, `.tooLarge` or `.outOfMemory`.
    public func encode(_ image: ImagePixels) throws(ImageError) -> EncodedImage {
        try unsafe image.values.span.withUnsafeBufferPointer { (values) throws(ImageError) in
            guard let base = values.baseAddress else { throw .invalidArgument("expected an image, found no pixels") }
            return try unsafe encode(
                pixels: base, width: Int32(clamping: image.width), height: Int32(clamping: image.height),
                channels: Int32(clamping: image.channels)
            )
        }
    }

    @unsafe private func encode(
        pixels: UnsafePointer<UInt8>, frames: Int = 1, framesPerSecond: Int = 1, width: Int32, height: Int32,
        channels: Int32
    ) throws(ImageError) -> EncodedImage {
        var png: UnsafeMutablePointer<UInt8>?
        var count = 0
        try ImageError.check { failure in
            unsafe ic_apng_encode(
                pixels, Int32(clamping: frames), Int32(clamping: framesPerSecond), width, height, channels, &png,
                &count,
                &failure)
        }
        guard let png = unsafe png else { throw .outOfMemory("no memory for a PNG of \(width)x\(height)") }
        return unsafe EncodedImage(taking: png, count: count)
    }
}
