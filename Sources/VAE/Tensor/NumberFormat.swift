internal import CTensorKernels
internal import Glibc

/// How numbers are stored outside: little-endian, as PyTorch names the types.
public enum NumberFormat: String, CaseIterable, Sendable {
    case float32, float16, bfloat16

    /// Bytes of a number.
    public var size: Int { self == .float32 ? 4 : 2 }

    /// The largest finite number.
    public var largest: Float {
        switch self {
        case .float32: .greatestFiniteMagnitude
        case .float16: 65_504
        case .bfloat16: 0x1.fep127
        }
    }

    /// Reads `count` numbers, exactly. `bytes` is aligned to `size`.
    public func read(count: Int, _ bytes: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        switch self {
        case .float32: unsafe memcpy(values, bytes, count * size)
        case .float16: unsafe tk_floats_from_float16(count, bytes.assumingMemoryBound(to: UInt16.self), values)
        case .bfloat16: unsafe tk_floats_from_bfloat16(count, bytes.assumingMemoryBound(to: UInt16.self), values)
        }
    }

    /// Writes `count` numbers, rounded to the nearest, ties to even; those beyond `largest` become infinite. `bytes` is
    /// aligned to `size`.
    public func write(count: Int, _ values: UnsafePointer<Float>, into bytes: UnsafeMutableRawPointer) {
        switch self {
        case .float32: unsafe memcpy(bytes, values, count * size)
        case .float16: unsafe tk_float16_from_floats(count, values, bytes.assumingMemoryBound(to: UInt16.self))
        case .bfloat16: unsafe tk_bfloat16_from_floats(count, values, bytes.assumingMemoryBound(to: UInt16.self))
        }
    }
}

/// Values of images in the range that diffusion models use.
public enum SignedPixels {
    /// output[i] = 2·values[i] − 1: 0…1 to −1…1. May run in place.
    public static func fromUnit(
        count: Int, _ values: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_scale_and_shift(count, 2, -1, values, output)
    }

    /// output[i] = (values[i] + 1) / 2: −1…1 to 0…1. May run in place.
    public static func toUnit(count: Int, _ values: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        unsafe tk_scale_and_shift(count, 0.5, 0.5, values, output)
    }
}
