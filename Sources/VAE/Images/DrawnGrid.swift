internal import CImageCodecs
internal import Glibc

/// Images laid out as pictures of bytes `[frames, height, width, channels]`, in memory that the value owns.
@safe struct DrawnGrid: ~Copyable {
    let frames: Int
    let width, height, channels: Int32
    let pixels: UnsafeMutablePointer<UInt8>

    /// Draws `frames` pictures of `count` rows each, `[frames, count, C, H, W]`, `shape` being `[C, H, W]` with C 1 or 3.
    ///
    /// A value becomes `floor(255 v + 1/2)` after clamping to 0…1; NaN becomes 0.
    /// Throws `.invalidArgument`, `.tooLarge` or `.outOfMemory`.
    @unsafe init(
        _ rows: UnsafePointer<Float>, frames: Int = 1, tiles count: Int, shape: Shape, grid: ImageGrid, maxPixels: Int
    ) throws(ImageError) {
        let (channels, height, width) = try shape.imageExtents()
        var tiles = grid.c(for: count)
        var (gridWidth, gridHeight) = (Int32(0), Int32(0))
        try ImageError.check { failure in
            unsafe ic_grid_size(
                &tiles, Int32(clamping: count), height, width, UInt64(clamping: maxPixels / max(1, frames)), &gridWidth,
                &gridHeight, &failure
            )
        }
        // From `malloc`, which may fail: a picture can be large, and Swift's own allocations end the process.
        let size = Int(gridWidth) * Int(gridHeight) * Int(channels)
        guard let block = unsafe malloc(size * frames) else {
            throw .outOfMemory("no memory for \(frames) picture(s) of \(gridWidth)x\(gridHeight)")
        }
        self.frames = frames
        (self.width, self.height, self.channels) = (gridWidth, gridHeight, channels)
        unsafe pixels = block.assumingMemoryBound(to: UInt8.self)
        for frame in 0..<frames {
            unsafe ic_tile_rows(
                rows + frame * count * shape.elementCount, Int32(clamping: count), channels, height, width, &tiles,
                gridWidth, gridHeight, pixels + frame * size
            )
        }
    }

    deinit { unsafe free(pixels) }

    /// Hands the pixels over as a block.
    consuming func take() -> EncodedImage {
        let size = frames * Int(width) * Int(height) * Int(channels)
        let image = unsafe EncodedImage(taking: pixels, count: size)
        discard self
        return image
    }
}
