internal import VAE

/// Rows of floats that grow as requests are parsed, in memory that is reused from batch to batch.
@safe final class GrowingRows {
    /// Floats per row.
    let width: Int
    /// Rows in use.
    private(set) var count = 0
    private var storage: FloatBuffer

    /// Memory above this is given back when the batch that needed it is over.
    private static let retainedFloats = 1 << 18

    init(width: Int, initialRows: Int = 16) {
        self.width = width
        storage = FloatBuffer(scratch: width * initialRows)
    }

    /// Adds `rows` rows of undefined content and returns their range.
    func append(_ rows: Int) -> Range<Int> {
        let needed = (count + rows) * width
        if needed > storage.count {
            let larger = FloatBuffer(scratch: max(needed, 2 * storage.count))
            unsafe larger.base.update(from: storage.base, count: count * width)
            storage = larger
        }
        count += rows
        return (count - rows)..<count
    }

    /// Forgets the rows from `row` on.
    func truncate(to row: Int) { count = min(count, row) }

    /// Forgets all rows.
    func removeAll() {
        count = 0
        if storage.count > max(Self.retainedFloats, 16 * width) { storage = FloatBuffer(scratch: 16 * width) }
    }

    /// The first float of `row`; valid until the next `append`.
    func row(_ row: Int) -> UnsafeMutablePointer<Float> { unsafe storage.base + row * width }
}
