public import VAE

/// Examples as floats 0…1 in memory, `[N, C, H, W]`.
public struct FloatDataset: Dataset {
    /// Of one example, `[C, H, W]`.
    public let shape: Shape
    /// Number of examples, at least 1.
    public let count: Int
    /// The class of each example, if the data have classes.
    public let labels: [UInt8]?
    /// What is known to have caused each example.
    public let factors: FactorTable?
    /// All examples, row-major. Never written to after `init`.
    let values: FloatBuffer

    /// Wraps `values`, which must be a whole number of examples of `shape`, at least one.
    public init(shape: Shape, values: FloatBuffer, labels: [UInt8]? = nil, factors: FactorTable? = nil) {
        precondition(
            values.count > 0 && values.count % shape.elementCount == 0, "\(values.count) floats are no \(shape)")
        self.shape = shape
        self.values = values
        self.labels = labels
        self.factors = factors
        count = values.count / shape.elementCount
    }

    /// Fills `output` `[rows, C·H·W]` with the examples numbered `indices[0..<rows]`.
    public func gather(_ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>) {
        let width = shape.elementCount
        for row in 0..<rows {
            let index = unsafe Int(indices[row])
            precondition(index < count, "example \(index) of \(count)")
            unsafe (output + row * width).update(from: values.base + index * width, count: width)
        }
    }

    /// The mean of every value over all examples.
    public func meanPixels() -> [Double] {
        var sums = [Double](repeating: 0, count: shape.elementCount)
        unsafe BytePixels.addColumnSums(rows: count, width: sums.count, values: values.base, into: &sums)
        return sums.map { $0 / Double(count) }
    }

    /// A hash of shape and values.
    public var fingerprint: UInt64 {
        var hash = Fingerprint()
        hash.mix([count] + shape.extents)
        unsafe hash.mix(UnsafeRawBufferPointer(start: values.base, count: values.count * MemoryLayout<Float>.size))
        return hash.value
    }
}
