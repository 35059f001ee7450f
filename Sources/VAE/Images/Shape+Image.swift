extension Shape {
    /// Whether it is `[1, H, W]` or `[3, H, W]`, so that rows of it can be written as PNG.
    public var isPicture: Bool { extents.count == 3 && (extents[0] == 1 || extents[0] == 3) }

    /// The extents of an image `[C, H, W]`. Throws `.invalidArgument` unless there are three and C is 1 or 3.
    func imageExtents() throws(ImageError) -> (channels: Int32, height: Int32, width: Int32) {
        guard extents.count == 3, extents[0] == 1 || extents[0] == 3, elementCount(limit: Int(Int32.max)) != nil else {
            throw .invalidArgument("expected the shape of an image, [1, H, W] or [3, H, W], found \(self)")
        }
        return (Int32(extents[0]), Int32(extents[1]), Int32(extents[2]))
    }
}
