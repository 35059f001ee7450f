internal import CSIMDJSON

/// Reads `{"images": [row, …]}` straight from its text: what nearly every request is, at a third of a parser's time.
///
/// Whatever is not exactly that, `next` and `isComplete` call unexpected; the document is then parsed, which finds out
/// what is wrong with it, if anything.
@safe struct JSONRowScan {
    private var scan: csimdjson_scan
    private let shapes: [csimdjson_shape]

    /// Starts on `text`, which must stay in place. `shapes`: those that a row may have, each of another rank.
    /// `nil` when it does not begin as expected.
    init?(_ text: UnsafeRawBufferPointer, key: StaticString, shapes: [[Int]]) {
        self.shapes = shapes.map { extents in
            var shape = csimdjson_shape()
            shape.rank = extents.count
            unsafe withUnsafeMutableBytes(of: &shape.dimensions) { bytes in
                for (index, extent) in extents.enumerated() {
                    unsafe bytes.storeBytes(of: extent, toByteOffset: index * MemoryLayout<Int>.stride, as: Int.self)
                }
            }
            return shape
        }
        guard let start = unsafe text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        unsafe scan = unsafe csimdjson_scan(at: start, end: start, rows: 0)
        let begun = unsafe key.utf8Start.withMemoryRebound(to: CChar.self, capacity: key.utf8CodeUnitCount) { name in
            unsafe csimdjson_scan_begin(&scan, start, text.count, name)
        }
        guard begun else { return nil }
    }

    /// Whether all rows have been read.
    var isAtEnd: Bool { mutating get { unsafe csimdjson_scan_at_end_of_rows(&scan) } }

    /// Reads a row; false when it is unexpected.
    mutating func next(into row: UnsafeMutablePointer<Float>) -> Bool {
        unsafe shapes.withUnsafeBufferPointer { shapes in
            guard let first = shapes.baseAddress else { return false }
            return unsafe csimdjson_scan_row(&scan, first, shapes.count, row)
        }
    }

    /// Whether the document ends with the rows.
    var isComplete: Bool { mutating get { unsafe csimdjson_scan_end(&scan) } }
}
