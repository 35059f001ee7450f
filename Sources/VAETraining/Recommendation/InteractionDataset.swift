public import VAE

/// Users as rows of zeros and ones, one number per item: an image of one line, so that every model can learn from it.
public struct InteractionDataset: Dataset {
    /// The rows without their zeros.
    public let rows: SparseRows

    /// Wraps `rows`, of which there is at least one.
    public init(_ rows: SparseRows) {
        precondition(rows.count > 0 && rows.width > 0, "no users or no items")
        self.rows = rows
    }

    /// `[1, 1, items]`.
    public var shape: Shape { [1, 1, rows.width] }
    /// Number of users.
    public var count: Int { rows.count }
    /// Users have no classes.
    public var labels: [UInt8]? { nil }

    /// Fills `output` `[rows, items]` with the users numbered `indices[0..<rows]`.
    public func gather(_ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>) {
        unsafe self.rows.gather(indices, rows: rows, into: output)
    }

    /// The part of the users who chose each item.
    public func meanPixels() -> [Double] { rows.columnCounts.map { Double($0) / Double(count) } }

    /// A 64-bit hash of all rows (FNV-1a).
    public var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ word: UInt64) { hash = (hash ^ word) &* 0x100_0000_01b3 }
        mix(UInt64(rows.width))
        for offset in rows.offsets { mix(UInt64(offset)) }
        for column in rows.columns { mix(UInt64(column)) }
        return hash
    }
}
