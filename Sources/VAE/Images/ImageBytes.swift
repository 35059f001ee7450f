/// Images as bytes, each pixel's channels side by side.
public enum ImageBytes {
    /// `[N, H, W, C]` of the `count` rows `[N, C, H, W]` at `rows`, `shape` being `[C, H, W]` with C 1 or 3.
    ///
    /// A value becomes `floor(255 v + 1/2)` after clamping to 0…1; NaN becomes 0.
    /// Throws `.invalidArgument`, `.tooLarge` or `.outOfMemory`.
    @unsafe public static func channelsLast(
        _ rows: UnsafePointer<Float>, count: Int, shape: Shape
    ) throws(ImageError) -> EncodedImage {
        // Tiles below each other without gaps are just that.
        let grid = ImageGrid(columns: 1, padding: 0)
        let drawn = try unsafe DrawnGrid(rows, tiles: count, shape: shape, grid: grid, maxPixels: Int(Int32.max))
        return drawn.take()
    }
}
