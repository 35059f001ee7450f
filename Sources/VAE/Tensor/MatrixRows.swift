internal import CTensorKernels

/// Operations on whole rows of a matrix.
public enum MatrixRows {
    /// x[r] *= factors[r], for rows of `width` numbers.
    public static func scale(_ x: UnsafeMutablePointer<Float>, width: Int, by factors: [Float]) {
        unsafe tk_scale_rows(factors.count, width, factors, x)
    }

    /// x[r] = x[indices[r]]; `indices` ascend.
    public static func keep(_ indices: [UInt32], width: Int, in x: UnsafeMutablePointer<Float>) {
        unsafe tk_keep_rows(indices.count, width, indices, x)
    }

    /// `output` `[rows, width]` is zero but for output[indices[r]] = x[r].
    public static func spread(
        _ x: UnsafePointer<Float>, to indices: [UInt32], of rows: Int, width: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_spread_rows(indices.count, rows, width, indices, x, output)
    }

    /// Divides every row by its Euclidean norm; a row of zeros stays.
    public static func normalise(_ x: UnsafeMutablePointer<Float>, rows: Int, width: Int) {
        unsafe tk_unit_rows(rows, width, x)
    }

    /// `joined` `[rows, left + right]` = x `[rows, left]`, and behind each row r row r / `repeats` of y `[…, right]`.
    public static func join(
        _ x: UnsafePointer<Float>, left: Int, _ y: UnsafePointer<Float>, right: Int, rows: Int, repeats: Int = 1,
        into joined: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_join_columns(rows, left, right, x, repeats, y, joined)
    }

    /// `joined` `[rows, left + right]` becomes its first columns, `[rows, left]`, in place.
    public static func keepLeft(_ joined: UnsafeMutablePointer<Float>, rows: Int, left: Int, right: Int) {
        unsafe tk_left_columns(rows, left, right, joined)
    }

    /// `x` `[rows, left]` becomes `[rows, left + right]`, with the rows of `y` behind its own; it has room for them.
    public static func appendColumns(of y: FloatBuffer, right: Int, to x: FloatBuffer, left: Int, rows: Int) {
        precondition(x.count >= rows * (left + right) && y.count >= rows * right, "no room for the columns")
        for row in stride(from: rows - 1, through: 0, by: -1) {
            let end = unsafe x.base + row * (left + right)
            unsafe end.update(from: x.base + row * left, count: left)
            unsafe (end + left).update(from: y.base + row * right, count: right)
        }
    }
}
