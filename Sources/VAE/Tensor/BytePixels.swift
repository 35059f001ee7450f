internal import CTensorKernels

/// Pixels stored as bytes: a quarter of the memory of floats, turned into numbers a minibatch at a time.
public enum BytePixels {
    /// output[i] = bytes[i] / 255, for `count` pixels.
    public static func convert(
        count: Int, bytes: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_floats_from_bytes(count, bytes, output)
    }

    /// output `[rows, width]` = the rows `indices[0..<rows]` of `bytes` `[any, width]`, each / 255.
    public static func gather(
        rows: Int, width: Int, bytes: UnsafePointer<UInt8>, indices: UnsafePointer<UInt32>,
        into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_floats_from_byte_rows(rows, width, bytes, indices, output)
    }

    /// output[i] = values[i] · 255 to the nearest, for `count` values 0…1.
    public static func quantise(
        count: Int, values: UnsafePointer<Float>, into output: UnsafeMutablePointer<UInt8>
    ) {
        unsafe tk_bytes_from_floats(count, values, output)
    }

    /// sums[i] += Σ_r values[r, i], for `rows` rows of `width` values.
    public static func addColumnSums(
        rows: Int, width: Int, values: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Double>
    ) {
        unsafe tk_add_column_sums(rows, width, values, sums)
    }
}
