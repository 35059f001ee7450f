internal import Glibc
internal import VAE

/// The examples of a `.npy` file that is too large for memory, read from it when they are needed.
///
/// The values are those that `NPYImages` gives of the same file. They are looked at once, when it is opened.
final class StreamedArray: Dataset {
    let shape: Shape
    let count: Int
    let labels: [UInt8]? = nil
    /// Every example is read from a disk.
    let isSlow = true
    let fingerprint: UInt64
    private let file: RandomAccessFile
    private let header: NPYHeader
    private let values: ArrayValues

    /// Bytes of examples that are read together when the file is looked through.
    private static let blockBytes = 1 << 22

    /// Looks through `file`. A note is added where the numbers are read in a way that the user should know of.
    init(_ file: RandomAccessFile, range: ValueRange, notes: inout [String]) throws(DatasetError) {
        let path = file.path
        self.file = file
        let start = try file.read(at: 0, count: min(file.size, NPYHeader.maximumBytes + 12))
        let header = try NPYHeader(start, size: file.size, path: path, maximumElements: .max / 8)
        let layout = try NPYLayout(header.extents, path: path)
        self.header = header
        shape = layout.shape
        count = header.extents[0]
        guard count <= Int(UInt32.max) else {
            throw .format(path: path, offset: 0, expected: "at most \(UInt32.max) examples", found: "\(count)")
        }
        var values = try ArrayValues(header.element, layout: layout, range: range, path: path)
        fingerprint = try Self.lookThrough(file, header, &values)
        self.values = values
        if values.isBlackAndWhite && header.element != .boolean { notes.append(NPYImages.blackAndWhiteNote(path)) }
    }

    /// A hash of all examples. Checks that floats lie in their range, and finds out whether bytes are but 0 and 1.
    private static func lookThrough(
        _ file: RandomAccessFile, _ header: NPYHeader, _ values: inout ArrayValues
    ) throws(DatasetError) -> UInt64 {
        var hash = Fingerprint()
        hash.mix(header.extents)
        let width = header.count / header.extents[0]
        let rows = max(1, blockBytes / (width * header.element.size))
        var most: UInt8 = 0
        let row = FloatBuffer(count: width)
        for first in stride(from: 0, to: header.extents[0], by: rows) {
            let examples = min(rows, header.extents[0] - first)
            let offset = header.dataOffset + first * width * header.element.size
            let bytes = try file.read(at: offset, count: examples * width * header.element.size)
            unsafe bytes.withUnsafeBytes { unsafe hash.mix($0) }
            guard values.areFloats else {
                most = max(most, bytes.max() ?? 0)
                continue
            }
            for example in 0..<examples {
                let part = bytes[example * width * header.element.size..<(example + 1) * width * header.element.size]
                values.copy(part, into: row)
                guard let bad = unsafe ValueCheck.firstOutside(0...1, count: width, row.base) else { continue }
                let found = unsafe part.withUnsafeBytes { unsafe header.element.float(values.place(bad), in: $0) }
                throw .format(
                    path: file.path, offset: offset + (example * width + values.place(bad)) * header.element.size,
                    expected: "a value \(ValueRange.text(values.range.low))…\(ValueRange.text(values.range.high))",
                    found: "\(found) in row \(first + example + 1), column "
                        + "\(values.place(bad) + 1); scale the values, or say what stands for 0 and 1 with --value-range"
                )
            }
        }
        values.isBlackAndWhite = !values.areFloats && most <= 1
        return hash.value
    }

    func gather(
        _ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        let width = shape.elementCount
        let size = width * header.element.size
        let row = FloatBuffer(count: width)
        for index in 0..<rows {
            let example = unsafe Int(indices[index])
            precondition(example < count, "example \(example) of \(count)")
            let bytes = try file.read(at: header.dataOffset + example * size, count: size)
            values.copy(bytes[...], into: row)
            unsafe (output + index * width).update(from: row.base, count: width)
        }
    }

    func meanPixels() throws(DatasetError) -> [Double] { try MeanPixels.measure(self) }
}
