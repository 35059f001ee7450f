internal import Glibc
public import VAE

/// Images as bytes `[N, C, H, W]`, 0…255; a minibatch of them becomes floats 0…1 when it is needed.
public struct ImageDataset: Dataset {
    /// Of one image, `[C, H, W]`.
    public let shape: Shape
    /// Number of images, at least 1.
    public let count: Int
    /// All images, row-major.
    public let pixels: [UInt8]
    /// The class of each image, if the data set has classes. Training does not use them.
    public let labels: [UInt8]?
    /// What is known to have caused each image.
    public let factors: FactorTable?

    /// Wraps `pixels`, whose count must be a whole number of images of `shape`, at least one.
    public init(shape: Shape, pixels: [UInt8], labels: [UInt8]? = nil, factors: FactorTable? = nil) {
        precondition(
            !pixels.isEmpty && pixels.count % shape.elementCount == 0, "\(pixels.count) bytes are no images of \(shape)"
        )
        self.shape = shape
        self.pixels = pixels
        self.labels = labels
        self.factors = factors
        count = pixels.count / shape.elementCount
    }

    /// Reads grey images from an IDX file `[N, H, W]` and, if given, one label per image from an IDX file `[N]`.
    public init(idxImages: String, idxLabels: String? = nil) throws(DatasetError) {
        let images = try IDXFile(path: idxImages, dimensionCount: 3)
        var labels: [UInt8]?
        if let idxLabels {
            let file = try IDXFile(path: idxLabels, dimensionCount: 1)
            guard file.dimensions[0] == images.dimensions[0] else {
                throw .mismatch(
                    "\(idxLabels) should have \(images.dimensions[0]) labels, one for each image of \(idxImages); "
                        + "it has \(file.dimensions[0])")
            }
            labels = Array(file.elements)
        }
        self.init(
            shape: [1, images.dimensions[1], images.dimensions[2]], pixels: Array(images.elements), labels: labels)
    }

    /// Fills `output` `[rows, C·H·W]` with the images numbered `indices[0..<rows]`, as value / 255.
    public func gather(_ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>) {
        let width = shape.elementCount
        unsafe pixels.withUnsafeBufferPointer { bytes in
            for row in 0..<rows {
                let index = unsafe Int(indices[row])
                precondition(index < count, "image \(index) of \(count)")
            }
            unsafe BytePixels.gather(
                rows: rows, width: width, bytes: bytes.baseAddress!, indices: indices, into: output)
        }
    }

    /// The mean of every pixel over all images, 0…1; `C·H·W` numbers.
    public func meanPixels() -> [Double] {
        let width = shape.elementCount
        // Sums of bytes are exact in integers, whatever the order.
        var sums = [UInt64](repeating: 0, count: width)
        unsafe pixels.withUnsafeBufferPointer { bytes in
            unsafe sums.withUnsafeMutableBufferPointer { sums in
                for start in stride(from: 0, to: bytes.count, by: width) {
                    for pixel in 0..<width { unsafe sums[pixel] &+= UInt64(bytes[start &+ pixel]) }
                }
            }
        }
        return sums.map { Double($0) / (255 * Double(count)) }
    }

    /// A hash of shape and pixels.
    public var fingerprint: UInt64 {
        var hash = Fingerprint()
        hash.mix([count] + shape.extents)
        unsafe pixels.withUnsafeBytes { unsafe hash.mix($0) }
        return hash.value
    }
}
