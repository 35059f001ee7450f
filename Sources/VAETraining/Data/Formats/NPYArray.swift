internal import VAE

/// An array of numbers from a `.npy` file, or from a member of a `.npz` file.
struct NPYArray {
    let header: NPYHeader
    /// For messages: `data.npz(x_train)`.
    let path: String
    /// The whole file.
    private(set) var bytes: [UInt8]

    /// Reads the bytes of a `.npy` file, `limit` at most.
    init(bytes: consuming [UInt8], path: String) throws(DatasetError) {
        header = try NPYHeader(copy bytes, path: path)
        self.path = path
        self.bytes = bytes
    }

    /// The class of each of `count` examples: whole numbers 0…255, `[N]` or `[N, 1]`.
    func labels(count: Int, of images: String) throws(DatasetError) -> [UInt8] {
        let values = try wholeNumbers(0...255, called: "a label")
        guard header.extents.dropFirst().allSatisfy({ $0 == 1 }), !header.extents.isEmpty else {
            throw .format(
                path: path, offset: 0, expected: "labels [N]", found: "an array \(Shape(header.extents))")
        }
        guard values.count == count else {
            throw .mismatch(
                "\(path) should have \(count) labels, one for each example of \(images); it has \(values.count)")
        }
        return values.map { UInt8($0) }
    }

    /// What is known to have caused each of `count` examples: whole numbers `[N, K]`, as dSprites' `latents_classes`.
    /// Factors that never vary are left out.
    func factors(count: Int, of images: String) throws(DatasetError) -> FactorTable {
        guard header.extents.count == 2 else {
            throw .format(
                path: path, offset: 0, expected: "factors [N, K]", found: "an array \(Shape(header.extents))")
        }
        guard header.extents[0] == count else {
            throw .mismatch(
                "\(path) should have \(count) rows, one for each example of \(images); it has \(header.extents[0])")
        }
        let values = try wholeNumbers(0...Int(UInt16.max) - 1, called: "a factor")
        let width = header.extents[1]
        let sizes = (0..<width).map { column in
            1 + stride(from: column, to: values.count, by: width).reduce(0) { max($0, values[$1]) }
        }
        let varying = sizes.indices.filter { sizes[$0] > 1 }
        guard !varying.isEmpty else { throw .mismatch("\(path): expected factors that vary, found none") }
        var table: [UInt16] = []
        table.reserveCapacity(count * varying.count)
        for row in 0..<count { for column in varying { table.append(UInt16(values[row * width + column])) } }
        return FactorTable(
            names: varying.map { "factor \($0 + 1)" }, sizes: varying.map { sizes[$0] }, values: table)
    }

    private func wholeNumbers(_ range: ClosedRange<Int>, called what: String) throws(DatasetError) -> [Int] {
        var values: [Int] = []
        values.reserveCapacity(header.count)
        for index in 0..<header.count {
            let offset = header.dataOffset + index * header.element.size
            guard let value = wholeNumber(at: offset) else {
                throw .format(
                    path: path, offset: 0, expected: "whole numbers", found: "\(header.element.name)")
            }
            guard range.contains(value) else {
                throw .format(
                    path: path, offset: offset, expected: "\(what) \(range.lowerBound)…\(range.upperBound)",
                    found: "\(value) (element \(index + 1))")
            }
            values.append(value)
        }
        return values
    }

    private func wholeNumber(at offset: Int) -> Int? {
        switch header.element {
        case .boolean: return bytes[offset] == 0 ? 0 : 1
        case .unsigned(let size):
            let word = bytes[offset..<offset + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(clamping: word)
        case .signed(let size):
            let word = bytes[offset..<offset + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let unused = UInt64(64 - 8 * size)
            return Int(Int64(bitPattern: word << unused) >> Int64(unused))
        case .float32, .float64: return nil
        }
    }

    /// Gives the elements away as bytes: the header is cut off in place, without a second copy of the data.
    consuming func takeElements() -> [UInt8] {
        let offset = header.dataOffset
        var elements = bytes
        bytes = []
        elements.removeFirst(offset)
        return elements
    }
}
