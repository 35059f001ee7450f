extension SafetensorsFile {
    /// Types that `copyConverted` takes, and their sizes in bytes.
    private static let convertible = ["F32": 4, "F16": 2, "BF16": 2, "F64": 8]
    /// The types that `copyConverted` takes.
    public static var convertibleTypes: [String] { convertible.keys.sorted() }

    /// Copies tensor `name`, of any of `convertibleTypes` and of `shape`, to `destination` as float32: F16 and BF16
    /// exactly, F64 rounded. What is too large for float32 becomes infinite.
    public func copyConverted(
        _ name: String, shape: Shape, to destination: UnsafeMutablePointer<Float>
    ) throws(CheckpointError) {
        guard let tensor = tensors[name], let size = Self.convertible[tensor.dataType] else {
            throw .content(
                "tensor \"\(name)\" should be one of \(Self.convertibleTypes.joined(separator: ", ")); "
                    + (tensors[name].map { "it is \($0.dataType)" } ?? "it is missing"))
        }
        guard tensor.shape == shape.extents else {
            throw .content("tensor \"\(name)\" should have shape \(shape); it has \(Shape(tensor.shape))")
        }
        let step = Self.conversionChunk * size
        for start in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: step) {
            let bytes = try bytes(start..<min(tensor.range.upperBound, start + step))
            let first = (start - tensor.range.lowerBound) / size
            unsafe bytes.withUnsafeBytes { bytes in
                for index in 0..<bytes.count / size {
                    unsafe destination[first + index] = Self.float(bytes, at: index * size, tensor.dataType)
                }
            }
        }
    }
    private static let conversionChunk = 1 << 16

    private static func float(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ type: String) -> Float {
        func word<Word: FixedWidthInteger>(_ type: Word.Type) -> Word {
            unsafe Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self))
        }
        return switch type {
        case "F16": Float(Float16(bitPattern: word(UInt16.self)))
        case "BF16": Float(bitPattern: UInt32(word(UInt16.self)) << 16)
        case "F64": Float(Double(bitPattern: word(UInt64.self)))
        default: Float(bitPattern: word(UInt32.self))
        }
    }
}
