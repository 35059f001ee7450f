public import VAE

/// A data set whose grey values are taken as probabilities, with one fixed draw of every pixel: x ~ Bernoulli(grey), the
/// protocol of the IWAE paper (Burda et al. 2016) for the images a model is judged on.
public struct BinarisedImages: Dataset {
    /// `draw` of the random numbers of images to be judged on: training, which draws afresh in every epoch, never gets
    /// there.
    public static let testDraw = UInt32.max
    /// The same for the images that were learned from.
    public static let trainingDraw = UInt32.max - 1

    private let grey: any Dataset
    private let stream: RandomStream

    /// The draw of `grey` that `seed` and `draw` determine.
    public init(_ grey: any Dataset, seed: UInt64, draw: UInt32 = Self.testDraw) {
        self.grey = grey
        stream = RandomStream(seed: seed, domain: .binarisation, draw: draw)
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
    public var fingerprint: UInt64 {
        (grey.fingerprint ^ stream.seed ^ UInt64(stream.draw) << 32) &* 0x100_0000_01b3
    }

    /// Zeros and ones; an image's depend on its number only.
    public func gather(
        _ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        try unsafe grey.gather(indices, rows: rows, into: output)
        unsafe stream.binarise(rowIndices: indices, rows: rows, width: shape.elementCount, output)
    }

    /// Of the grey values: the expectation of the draw.
    public func meanPixels() throws(DatasetError) -> [Double] { try grey.meanPixels() }
}
