public import VAE

/// Examples that a run learns from or is judged on, read by number.
///
/// Reading is safe from any thread, and the same number gives the same values for as long as the run lasts.
public protocol Dataset: Sendable {
    /// Of one example, `[C, H, W]`.
    var shape: Shape { get }
    /// Number of examples, at least 1.
    var count: Int { get }
    /// The class of each example, if the data have classes.
    var labels: [UInt8]? { get }
    /// What is known to have caused each example, as in data that were drawn; for measures of disentanglement.
    var factors: FactorTable? { get }
    /// Whether reading takes so long (files to decode) that it is worth a thread of its own, ahead of the arithmetic.
    var isSlow: Bool { get }
    /// Tells one data set from another when a run is resumed.
    var fingerprint: UInt64 { get }

    /// Fills `output` `[rows, C·H·W]` with the examples numbered `indices[0..<rows]`, values 0…1 for images.
    func gather(
        _ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>) throws(DatasetError)

    /// The mean of every value over all examples; `C·H·W` numbers.
    func meanPixels() throws(DatasetError) -> [Double]
}

extension Dataset {
    /// Most data lie in memory.
    public var isSlow: Bool { false }

    /// Most data were not drawn.
    public var factors: FactorTable? { nil }

    /// Fills `output` `[rows, classes]` with the labels of the examples `indices`, one-hot. A label that is not among the
    /// classes leaves its row without a one.
    func oneHotLabels(_ indices: UnsafePointer<UInt32>, rows: Int, classes: Int, into output: FloatBuffer) {
        precondition(output.count >= rows * classes, "no room for \(rows) labels of \(classes) classes")
        unsafe output.base.update(repeating: 0, count: rows * classes)
        guard let labels else { return }
        for row in 0..<rows {
            let label = unsafe Int(labels[Int(indices[row])])
            if label < classes { output[row * classes + label] = 1 }
        }
    }

    /// Fills `output` with the examples `range`, which lie one behind the other.
    func copy(_ range: Range<Int>, into output: UnsafeMutablePointer<Float>) throws(DatasetError) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "examples \(range) of \(count)")
        let indices = range.map { UInt32($0) }
        var failure: DatasetError?
        unsafe indices.withUnsafeBufferPointer { indices in
            guard let first = indices.baseAddress else { return }
            do throws(DatasetError) { try unsafe gather(first, rows: indices.count, into: output) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
