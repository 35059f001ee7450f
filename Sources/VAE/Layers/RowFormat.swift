internal import CTensorKernels

/// Extents of an image whose numbers lie channels-last, `[H, W, C]`, while a network runs.
public struct RowImage: Hashable, Sendable {
    let channels, height, width: Int

    /// `[C, H, W]`, or a vector of any shape as as many channels of one pixel.
    init(_ shape: Shape) {
        let isImage = shape.extents.count == 3
        channels = isImage ? shape.extents[0] : shape.elementCount
        height = isImage ? shape.extents[1] : 1
        width = isImage ? shape.extents[2] : 1
    }

    var elementCount: Int { channels * height * width }
    /// Whether `[H, W, C]` is the same order of numbers as `[C, H, W]`.
    var isPlanar: Bool { channels == 1 || height * width == 1 }
    /// The same numbers as one vector.
    var flattened: RowImage { RowImage([elementCount]) }

    func isSameOrder(as other: RowImage) -> Bool { self == other || isPlanar && other.isPlanar }

    var kernel: tk_image { tk_image(channels: Int64(channels), height: Int64(height), width: Int64(width)) }
}

/// How one row lies in memory between two operations.
public struct RowFormat: Hashable, Sendable {
    var image: RowImage
    var precision: Precision

    var byteCount: Int { image.elementCount * precision.byteCount }
}
