public import VAE

/// Rows of numbers in memory, such as the codes that one layer makes of the rows below it.
public struct CodeDataset: Dataset {
    /// Of one row, `[1, 1, width]`.
    public let shape: Shape
    /// Number of rows.
    public let count: Int
    /// The class of each row, if there are classes.
    public let labels: [UInt8]?
    private let values: FloatBuffer
    /// The most numbers of a set: 2 Gi, 8 GiB.
    static let maximumValues = 1 << 31

    /// Wraps `values` `[count, width]`.
    public init(_ values: FloatBuffer, width: Int, labels: [UInt8]? = nil) {
        precondition(width > 0 && values.count > 0 && values.count % width == 0, "whole rows, at least one")
        shape = [1, 1, width]
        count = values.count / width
        self.values = values
        self.labels = labels
    }

    /// Codes are made anew from the examples, whose fingerprint tells.
    public var fingerprint: UInt64 { UInt64(count) }

    /// Copies rows.
    public func gather(_ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>) {
        let width = shape.elementCount
        for row in 0..<rows {
            let index = unsafe Int(indices[row])
            precondition(index < count, "row \(index) of \(count)")
            unsafe (output + row * width).update(from: values.base + index * width, count: width)
        }
    }

    /// The mean of every column.
    public func meanPixels() -> [Double] {
        let width = shape.elementCount
        var sums = [Double](repeating: 0, count: width)
        unsafe MatrixRows.addColumnSums(of: values.base, rows: count, width: width, to: &sums)
        return sums.map { $0 / Double(count) }
    }
}
