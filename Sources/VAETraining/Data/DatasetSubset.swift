public import VAE

/// Some of another set's examples, in an order of their own. Holds numbers only, no examples.
public struct DatasetSubset: Dataset {
    private let whole: any Dataset
    /// Numbers in the whole set.
    let indices: [UInt32]
    /// The class of each example, if the data have classes.
    public let labels: [UInt8]?
    /// What is known to have caused each example.
    public let factors: FactorTable?

    /// The examples `indices` of `whole`, at least one.
    public init(of whole: any Dataset, _ indices: [UInt32]) {
        precondition(!indices.isEmpty && indices.allSatisfy { $0 < whole.count }, "examples beyond \(whole.count)")
        self.whole = whole
        self.indices = indices
        labels = whole.labels.map { labels in indices.map { labels[Int($0)] } }
        factors = whole.factors?.selecting(indices)
    }

    /// Of one example, `[C, H, W]`.
    public var shape: Shape { whole.shape }
    /// Number of examples, at least 1.
    public var count: Int { indices.count }
    /// As of the whole set.
    public var isSlow: Bool { whole.isSlow }

    /// Fills `output` `[rows, C·H·W]` with the examples numbered `numbers[0..<rows]`.
    public func gather(
        _ numbers: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        let chosen = (0..<rows).map { indices[unsafe Int(numbers[$0])] }
        try unsafe whole.gather(chosen, rows: rows, into: output)
    }

    /// The mean of every value over the examples; over an even sample of them if reading is slow.
    public func meanPixels() throws(DatasetError) -> [Double] { try MeanPixels.measure(self) }

    /// A hash of the whole set's and the numbers.
    public var fingerprint: UInt64 {
        var hash = Fingerprint()
        hash.mix(whole.fingerprint)
        hash.mix(UInt64(indices.count))
        for index in indices { hash.mix(UInt64(index)) }
        return hash.value
    }
}
