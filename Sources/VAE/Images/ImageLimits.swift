internal import CImageCodecs

/// What an uploaded image may ask for. Checked against its header, before memory is taken for its pixels.
public struct ImageLimits: Hashable, Sendable {
    /// Width times height.
    public var maxPixels: Int
    /// Width, and height.
    public var maxSide: Int
    /// Scans of a progressive JPEG. Each costs a pass over the whole image, and an attacker only a few bytes.
    public var maxScans: Int

    /// 16 Mi pixels, 65 535 a side, 64 scans, unless told otherwise.
    public init(maxPixels: Int = 16 << 20, maxSide: Int = 65_535, maxScans: Int = 64) {
        self.maxPixels = maxPixels
        self.maxSide = maxSide
        self.maxScans = maxScans
    }

    var c: ic_limits {
        unsafe ic_limits(
            max_pixels: UInt64(clamping: maxPixels),
            // Width and height are kept in 32-bit signed integers behind the door.
            max_side: UInt32(clamping: min(maxSide, Int(Int32.max))),
            max_scans: Int32(clamping: maxScans),
            pixels_left: nil
        )
    }
}
