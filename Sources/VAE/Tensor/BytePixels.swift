internal import CTensorKernels

/// Pixels stored as bytes: a quarter of the memory of floats, turned into numbers a minibatch at a time.
public enum BytePixels {
    /// output[i] = bytes[i] / 255, for `count` pixels.
    public static func convert(
        count: Int, bytes: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_floats_from_bytes(count, bytes, output)
    }
}
