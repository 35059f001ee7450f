internal import CTensorKernels

/// A matrix of zeros and ones of which only the places of the ones are kept (compressed sparse rows), such as who chose
/// what.
public struct SparseRows: Hashable, Sendable {
    /// Number of columns.
    public let width: Int
    /// Row r has its ones at `columns[offsets[r]..<offsets[r + 1]]`.
    public let offsets: [Int]
    /// Within a row ascending, without repetition.
    public let columns: [UInt32]

    /// Number of rows.
    public var count: Int { offsets.count - 1 }

    /// Puts rows together; the columns of each ascend and are below `width`.
    public init(width: Int, rows: some Sequence<some Sequence<UInt32>>) {
        var offsets = [0]
        var columns: [UInt32] = []
        for row in rows {
            for column in row {
                precondition(column < width, "column \(column) of \(width)")
                precondition(
                    columns.count == offsets[offsets.count - 1] || columns[columns.count - 1] < column,
                    "columns of a row must ascend")
                columns.append(column)
            }
            offsets.append(columns.count)
        }
        self.width = width
        self.offsets = offsets
        self.columns = columns
    }

    /// The columns of the ones of row `index`.
    public subscript(index: Int) -> ArraySlice<UInt32> { columns[offsets[index]..<offsets[index + 1]] }

    /// Some of the rows, one behind the other.
    public subscript(range: Range<Int>) -> SparseRows { SparseRows(width: width, rows: range.lazy.map { self[$0] }) }

    /// Number of ones in each column.
    public var columnCounts: [Int] {
        var counts = [Int](repeating: 0, count: width)
        for column in columns { counts[Int(column)] += 1 }
        return counts
    }

    /// Fills `output` `[rows, width]` with the rows numbered `indices[0..<rows]`, with the zeros.
    public func gather(_ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>) {
        for row in 0..<rows { unsafe precondition(indices[row] < count, "row \(indices[row]) of \(count)") }
        unsafe withKernelRows { unsafe tk_sparse_gather($0, indices, rows, output) }
    }

    /// self · `matrix`, `[width, depth]` → `[count, depth]`.
    public func product(_ matrix: [Double], depth: Int) -> [Double] {
        precondition(matrix.count == width * depth)
        return unsafe filled(count * depth) { output in
            unsafe withKernelRows { unsafe tk_sparse_product($0, depth, matrix, output) }
        }
    }

    /// selfᵀ · `matrix`, `[count, depth]` → `[width, depth]`.
    public func transposedProduct(_ matrix: [Double], depth: Int) -> [Double] {
        precondition(matrix.count == count * depth)
        return unsafe filled(width * depth) { output in
            unsafe withKernelRows { unsafe tk_sparse_transposed_product($0, depth, matrix, output) }
        }
    }

    private func withKernelRows(_ body: (tk_sparse_rows) -> Void) {
        unsafe offsets.withUnsafeBufferPointer { offsets in
            unsafe columns.withUnsafeBufferPointer { columns in
                // Without columns there is no address, and none is read.
                unsafe [UInt32(0)].withUnsafeBufferPointer { none in
                    unsafe body(
                        tk_sparse_rows(
                            rows: count, width: width, offsets: offsets.baseAddress!,
                            columns: columns.baseAddress ?? none.baseAddress!))
                }
            }
        }
    }
}

/// `count` numbers that `body` writes, all of them.
func filled(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
    unsafe [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
        if let base = buffer.baseAddress, count > 0 { unsafe body(base) }
        initialised = count
    }
}
