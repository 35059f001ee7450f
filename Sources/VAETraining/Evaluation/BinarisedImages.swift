public import VAE

/// A data set whose grey values are taken as probabilities, with one fixed draw of every pixel: x ~ Bernoulli(grey), the
/// protocol of the IWAE paper (Burda et al. 2016) for the images a model is judged on.
public struct BinarisedImages: Dataset {
    /// `draw` for the images that were learned from; training, which draws afresh in every epoch, never gets there.
    public static let trainingDraw = Binarisation.fixedDraw - 1

    private let grey: any Dataset
    private let binarisation: Binarisation
    private let salt: UInt64

    /// The draw of `grey` that `seed` and `draw` determine.
    public init(_ grey: any Dataset, seed: UInt64, draw: UInt32 = Binarisation.fixedDraw) {
        self.grey = grey
        binarisation = Binarisation(seed: seed, draw: draw)
        salt = seed ^ UInt64(draw) << 32
    }

    /// As before the draw.
    public var shape: Shape { grey.shape }
    /// As before the draw.
    public var count: Int { grey.count }
    /// As before the draw.
    public var labels: [UInt8]? { grey.labels }
    /// As before the draw.
    public var isSlow: Bool { grey.isSlow }
    /// Of the draw.
    public var fingerprint: UInt64 { (grey.fingerprint ^ salt) &* 0x100_0000_01b3 }

    /// Zeros and ones; an image's depend on its number only.
    public func gather(
        _ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        try unsafe grey.gather(indices, rows: rows, into: output)
        let width = shape.elementCount
        let scratch = FloatBuffer(scratch: rows * width)
        unsafe binarisation.apply(to: output, indices: indices, rows: rows, width: width, scratch: scratch.base)
    }

    /// Of the grey values: the expectation of the draw.
    public func meanPixels() throws(DatasetError) -> [Double] { try grey.meanPixels() }
}
