/// A file in the IDX format of the MNIST data (LeCun, Cortes & Burges): two zero bytes, element type, number of
/// dimensions, then each dimension as a big-endian 32-bit number, then the elements. Only unsigned bytes are accepted.
struct IDXFile {
    /// Outermost first; every one at least 1.
    let dimensions: [Int]
    /// The elements, row-major.
    let elements: ArraySlice<UInt8>
    /// For messages.
    let path: String

    /// Reads `path`, plain or gzip, which must have `dimensionCount` dimensions.
    init(path: String, dimensionCount: Int) throws(DatasetError) {
        try self.init(bytes: try DataFile.read(path), path: path, dimensionCount: dimensionCount)
    }

    /// The same from bytes already read.
    init(bytes: [UInt8], path: String, dimensionCount: Int) throws(DatasetError) {
        func fail(_ offset: Int, _ expected: String, _ found: String) -> DatasetError {
            .format(path: path, offset: offset, expected: expected, found: found)
        }
        let start = 4 + 4 * dimensionCount
        guard bytes.count >= start else {
            throw fail(bytes.count, "a header of \(start) bytes", "the end of the file")
        }
        guard bytes[0] == 0, bytes[1] == 0 else {
            throw fail(0, "the magic bytes 00 00 of an IDX file", "\(Self.hex(bytes[0])) \(Self.hex(bytes[1]))")
        }
        guard bytes[2] == 0x08 else { throw fail(2, "element type 08 (unsigned byte)", Self.hex(bytes[2])) }
        guard Int(bytes[3]) == dimensionCount else {
            throw fail(3, "\(dimensionCount) dimension(s)", "\(bytes[3])")
        }
        var dimensions: [Int] = []
        var product = 1
        for index in 0..<dimensionCount {
            let offset = 4 + 4 * index
            let extent = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard extent >= 1 else { throw fail(offset, "dimension \(index) of at least 1", "\(extent)") }
            guard !overflow, next <= DataFile.maximumBytes else {
                throw fail(offset, "at most \(DataFile.maximumBytes) elements", "dimension \(index) of \(extent)")
            }
            product = next
            dimensions.append(extent)
        }
        guard bytes.count - start >= product else {
            throw fail(
                bytes.count, "\(product) elements, as the dimensions \(dimensions) say",
                "the end of the file after \(bytes.count - start)")
        }
        guard bytes.count - start == product else {
            throw fail(start + product, "the end of the file", "\(bytes.count - start - product) bytes more")
        }
        self.dimensions = dimensions
        self.path = path
        elements = bytes[start...]
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
