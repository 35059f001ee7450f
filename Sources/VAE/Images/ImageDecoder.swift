internal import CImageCodecs
internal import Glibc

/// Reads PNG and JPEG uploads of any size and colour into rows of a batch.
///
/// Transparency is laid over black; colour becomes grey by ITU-R 601 luma and grey becomes colour by repetition; another
/// size is stretched by a triangle filter that widens when shrinking (Pillow's `BILINEAR`, torchvision's
/// `antialias=True`, within 2e-7). All of it on the stored values: no gamma, no colour profile, no EXIF orientation.
/// A byte v of an image that has the right size and colour becomes exactly `Float(v) / 255`.
public struct ImageDecoder: Sendable {
    /// What an image may ask for.
    public let limits: ImageLimits
    /// Side of the square that is cut out of the middle of an image before anything else; `nil` to take all of it.
    public let centreCrop: Int?

    /// A decoder with the given limits. It holds no memory and serves any number of threads at once.
    public init(limits: ImageLimits = ImageLimits(), centreCrop: Int? = nil) {
        self.limits = limits
        self.centreCrop = centreCrop
    }

    /// Decodes one image into `row`, `[C, H, W]` with values 0…1, `shape` being `[C, H, W]` with C 1 or 3.
    ///
    /// Throws every case of `ImageError`; `row` may then have been written in part.
    public func decode(
        _ bytes: Span<UInt8>, shape: Shape, into row: inout MutableSpan<Float>
    ) throws(ImageError) {
        let count = row.count
        guard shape.elementCount(limit: Int(Int32.max)) == count else {
            throw .invalidArgument("expected a buffer for one row of \(shape), found \(count) floats")
        }
        try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            try unsafe row.withUnsafeMutableBufferPointer { (row) throws(ImageError) in
                guard let base = row.baseAddress else { throw .invalidArgument("expected a row, found no memory") }
                try unsafe decode(UnsafeRawBufferPointer(bytes), shape: shape, into: base)
            }
        }
    }

    /// Decodes one image into the `shape.elementCount` floats at `row`, as above.
    @unsafe public func decode(
        _ bytes: UnsafeRawBufferPointer, shape: Shape, into row: UnsafeMutablePointer<Float>
    ) throws(ImageError) {
        var unbounded = UInt64.max
        try unsafe decode(bytes, shape: shape, into: row, pixelsLeft: &unbounded)
    }

    /// The same for one of several images that may have `pixelsLeft` pixels together; takes this one's from it.
    @unsafe public func decode(
        _ bytes: UnsafeRawBufferPointer, shape: Shape, into row: UnsafeMutablePointer<Float>,
        pixelsLeft: UnsafeMutablePointer<UInt64>
    ) throws(ImageError) {
        let (channels, height, width) = try shape.imageExtents()
        var limits = unsafe limits.c
        unsafe limits.pixels_left = unsafe pixelsLeft
        guard let base = bytes.baseAddress else { throw .notAnImage("expected a PNG or JPEG, found 0 bytes") }
        try ImageError.check { failure in
            unsafe ic_decode_row(
                base.assumingMemoryBound(to: UInt8.self), bytes.count, &limits, crop, channels, height, width, row,
                &failure
            )
        }
    }

    private var crop: Int32 { Int32(clamping: centreCrop ?? 0) }

    /// The same conversions for an image that is not encoded: `image`, of shape `from` and with values 0…1.
    ///
    /// Throws `.invalidArgument` or `.outOfMemory`.
    @unsafe public func convert(
        _ image: UnsafePointer<Float>, from: Shape, shape: Shape, into row: UnsafeMutablePointer<Float>
    ) throws(ImageError) {
        let (inChannels, inHeight, inWidth) = try from.imageExtents()
        let (channels, height, width) = try shape.imageExtents()
        try ImageError.check { failure in
            unsafe ic_convert_row(
                image, inChannels, inHeight, inWidth, crop, channels, height, width, row, &failure)
        }
    }

    /// Decodes one image at its own size, with the same conversions rounded to 8 bit; `channels` is 1 or 3.
    ///
    /// Throws every case of `ImageError`.
    public func pixels(_ bytes: Span<UInt8>, channels: Int) throws(ImageError) -> ImagePixels {
        var limits = unsafe limits.c
        var pixels = unsafe ic_pixels()
        try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
            guard let base = bytes.baseAddress else { throw .notAnImage("expected a PNG or JPEG, found 0 bytes") }
            try ImageError.check { failure in
                unsafe ic_decode_pixels(
                    base, bytes.count, &limits, Int32(clamping: channels), &pixels, &failure
                )
            }
        }
        defer { unsafe free(pixels.data) }
        let (width, height) = unsafe (Int(pixels.width), Int(pixels.height))
        let values = unsafe Array(UnsafeBufferPointer(start: pixels.data, count: height * width * channels))
        return ImagePixels(width: width, height: height, channels: channels, values: values)
    }
}
