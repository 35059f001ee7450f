internal import VAE

/// What a file in NumPy's `.npy` format says about its array (NEP 1): element type, order and extents.
struct NPYHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// More than any array of numbers needs; records have long headers.
    static let maximumBytes = 65_536

    let element: NPYElement
    /// Outermost first; row-major.
    let extents: [Int]
    /// The product of the extents.
    let count: Int
    /// Where the elements begin.
    let dataOffset: Int

    /// Reads the header of `bytes`, and checks that the elements are all there and nothing else. `bytes` may be the
    /// beginning of a file of `size` bytes.
    init(
        _ bytes: [UInt8], size: Int? = nil, path: String, maximumElements: Int = DataFile.maximumBytes
    ) throws(DatasetError) {
        let size = size ?? bytes.count
        func fail(_ offset: Int, _ expected: String, _ found: String) -> DatasetError {
            .format(path: path, offset: offset, expected: expected, found: found)
        }
        guard bytes.starts(with: Self.magic) else {
            throw fail(0, "the magic bytes 93 4e 55 4d 50 59 of a .npy file", HexText.of(bytes.prefix(6)))
        }
        guard bytes.count >= 12 else { throw fail(bytes.count, "a header", "the end of the file") }
        let version = bytes[6]
        guard (1...3).contains(version) else { throw fail(6, "format version 1, 2 or 3", "\(version)") }
        let start = version == 1 ? 10 : 12
        let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= Self.maximumBytes else {
            throw fail(8, "a header of at most \(Self.maximumBytes) bytes", "\(length)")
        }
        guard bytes.count - start >= length else {
            throw fail(bytes.count, "a header of \(length) bytes", "the end of the file")
        }
        var scanner = NPYHeaderScanner(bytes: bytes[start..<start + length], path: path)
        let fields = try scanner.dictionary()
        guard !fields.isFortranOrder else {
            throw fail(
                start, "rows one behind the other (C order)",
                "Fortran order; save numpy.ascontiguousarray(x)")
        }
        element = try NPYElement(descriptor: fields.descriptor) { fail(start, $0, $1) }
        var product = 1
        for (dimension, extent) in fields.extents.enumerated() {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard extent >= 1 else { throw fail(start, "dimension \(dimension) of at least 1", "\(extent)") }
            guard !overflow, next <= maximumElements else {
                throw fail(start, "at most \(maximumElements) elements", "shape \(Shape(fields.extents))")
            }
            product = next
        }
        let data = start + length
        let expected = product * element.size
        guard size - data >= expected else {
            throw fail(
                size, "\(expected) bytes of elements, as the shape \(Shape(fields.extents)) says",
                "the end of the file after \(size - data)")
        }
        guard size - data == expected else {
            throw fail(data + expected, "the end of the file", "\(size - data - expected) bytes more")
        }
        extents = fields.extents
        count = product
        dataOffset = data
    }
}
