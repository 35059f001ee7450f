internal import VAE

/// The classes of rows, for a conditional model: which of `classes` numbers behind each row is 1.
final class RowLabels {
    let classes: Int
    private var labels: [UInt32] = []
    private var joined = FloatBuffer(scratch: 0)

    init(classes: Int) { self.classes = classes }

    /// Of row `row`.
    subscript(row: Int) -> UInt32 { labels[row] }

    /// `labels` for `rows`: one for all, or one for each.
    func set(_ labels: [UInt32], for rows: Range<Int>) {
        precondition(labels.count == 1 || labels.count == rows.count, "\(labels.count) labels of \(rows.count) rows")
        if self.labels.count < rows.upperBound {
            self.labels += [UInt32](repeating: 0, count: rows.upperBound - self.labels.count)
        }
        for (index, row) in rows.enumerated() { self.labels[row] = labels.count == 1 ? labels[0] : labels[index] }
    }

    /// The rows from `row` on, `[rows, width]` at `values`, each with its label behind it: `[rows, width + classes]`.
    /// Valid until the next call.
    func join(_ values: UnsafePointer<Float>, row: Int, rows: Int, width: Int) -> UnsafePointer<Float> {
        // Rows without a label are those with which a model is warmed up.
        unsafe join(values, rows: rows, width: width) { row + $0 < labels.count ? labels[row + $0] : nil }
    }

    /// The same for rows that are not among the batch's, all with one label.
    func join(_ values: UnsafePointer<Float>, rows: Int, width: Int, label: UInt32) -> UnsafePointer<Float> {
        unsafe join(values, rows: rows, width: width) { _ in label }
    }

    private func join(
        _ values: UnsafePointer<Float>, rows: Int, width: Int, label: (Int) -> UInt32?
    ) -> UnsafePointer<Float> {
        let joinedWidth = width + classes
        if joined.count < rows * joinedWidth { joined = FloatBuffer(scratch: rows * joinedWidth) }
        for index in 0..<rows {
            let target = unsafe joined.base + index * joinedWidth
            unsafe target.update(from: values + index * width, count: width)
            unsafe (target + width).update(repeating: 0, count: classes)
            if let label = label(index) { unsafe target[width + Int(label)] = 1 }
        }
        return unsafe UnsafePointer(joined.base)
    }

    func removeAll() {
        labels.removeAll(keepingCapacity: true)
        if joined.count > Self.retainedFloats { joined = FloatBuffer(scratch: 0) }
    }
    /// Memory above this is given back when the batch that needed it is over.
    private static let retainedFloats = 1 << 18
}
