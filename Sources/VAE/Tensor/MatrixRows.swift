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
}
