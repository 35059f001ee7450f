internal import VAE

/// An array as examples: which of its dimensions are which, and its numbers as values 0…1.
struct NPYImages {
    /// What numbers stand for 0 and 1 in arrays of floats.
    let range: ValueRange

    /// `[N, H, W]`, `[N, C, H, W]` or `[N, H, W, C]` with 1 or 3 channels, or vectors `[N, D]` as `[N, 1, 1, D]`.
    ///
    /// Bytes stay bytes. A note is added where the numbers are read in a way that the user should know of.
    func dataset(
        _ array: consuming NPYArray, labels: [UInt8]?, factors: FactorTable?, notes: inout [String]
    ) throws(DatasetError) -> any Dataset {
        let layout = try NPYLayout(array.header.extents, path: array.path)
        let (shape, isChannelsLast) = (layout.shape, layout.isChannelsLast)
        let path = array.path
        let element = array.header.element
        switch element {
        case .boolean, .unsigned(bytes: 1):
            guard range == .unit else { throw Self.bytesHaveNoRange(range, path) }
            var pixels = array.takeElements()
            if pixels.allSatisfy({ $0 <= 1 }) {
                for index in pixels.indices { pixels[index] *= 255 }
                if element != .boolean { notes.append(Self.blackAndWhiteNote(path)) }
            }
            if isChannelsLast { pixels = Self.channelsFirst(pixels, shape: shape) }
            return ImageDataset(shape: shape, pixels: pixels, labels: labels, factors: factors)
        case .float32, .float64:
            var values = try floats(array)
            if isChannelsLast { values = Self.channelsFirst(values, shape: shape) }
            return FloatDataset(shape: shape, values: values, labels: labels, factors: factors)
        default: throw Self.unreadable(element, path)
        }
    }

    static func blackAndWhiteNote(_ path: String) -> String {
        "\(path): all values are 0 or 1; read as black and white"
    }

    static func bytesHaveNoRange(_ range: ValueRange, _ path: String) -> DatasetError {
        .option("--value-range \(range): \(path) holds bytes, where 0 and 255 stand for 0 and 1")
    }

    static func unreadable(_ element: NPYElement, _ path: String) -> DatasetError {
        .format(
            path: path, offset: 0, expected: "uint8, float32 or float64",
            found: "\(element.name); save x.astype('float32') / x.max()")
    }

    private func floats(_ array: borrowing NPYArray) throws(DatasetError) -> FloatBuffer {
        let header = array.header
        let values = FloatBuffer(scratch: header.count)
        unsafe array.bytes.withUnsafeBytes { bytes in
            let data = unsafe UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
            if header.element == .float32 && range == .unit {
                unsafe UnsafeMutableRawPointer(values.base).copyMemory(from: data.baseAddress!, byteCount: data.count)
                return
            }
            for index in 0..<header.count {
                unsafe values.base[index] = range.fraction(header.element.float(index, in: data))
            }
        }
        guard let bad = unsafe ValueCheck.firstOutside(0...1, count: values.count, values.base) else { return values }
        throw refusal(of: bad, in: array)
    }

    /// Names the place of element `index`, and what would help: the range that the finite values have.
    private func refusal(of index: Int, in array: borrowing NPYArray) -> DatasetError {
        let header = array.header
        return unsafe array.bytes.withUnsafeBytes { bytes in
            let data = unsafe UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
            let width = header.count / header.extents[0]
            let value = unsafe header.element.float(index, in: data)
            var (least, most) = (Double.infinity, -Double.infinity)
            for other in 0..<header.count {
                let number = unsafe header.element.float(other, in: data)
                if number.isFinite { (least, most) = (min(least, number), max(most, number)) }
            }
            let place = "\(value) in row \(index / width + 1), column \(index % width + 1)"
            let help =
                value.isFinite
                ? "all values lie in \(ValueRange.text(least))…\(ValueRange.text(most)): scale them, as "
                    + "--value-range \(Self.usualRange(least, most)) does"
                : "drop such rows, or numpy.nan_to_num(x)"
            return .format(
                path: array.path, offset: header.dataOffset + index * header.element.size,
                expected: "a value \(ValueRange.text(range.low))…\(ValueRange.text(range.high))",
                found: "\(place); \(help)")
        }
    }

    /// The customary range that holds these values and that they fill, or just these.
    private static func usualRange(_ least: Double, _ most: Double) -> String {
        for (low, high) in [(0.0, 1.0), (-1, 1), (0, 255)] where low <= least && (high / 2...high).contains(most) {
            return "\(ValueRange.text(low)):\(ValueRange.text(high))"
        }
        return "\(ValueRange.text(least)):\(ValueRange.text(most))"
    }

    private static func channelsFirst(_ pixels: [UInt8], shape: Shape) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: pixels.count)
        unsafe pixels.withUnsafeBufferPointer { from in
            unsafe result.withUnsafeMutableBufferPointer { to in unsafe transpose(from, to, shape: shape) }
        }
        return result
    }

    private static func channelsFirst(_ values: FloatBuffer, shape: Shape) -> FloatBuffer {
        let result = FloatBuffer(scratch: values.count)
        unsafe transpose(
            UnsafeBufferPointer(start: values.base, count: values.count),
            UnsafeMutableBufferPointer(start: result.base, count: result.count), shape: shape)
        return result
    }

    private static func transpose<Value>(
        _ from: UnsafeBufferPointer<Value>, _ to: UnsafeMutableBufferPointer<Value>, shape: Shape
    ) {
        let channels = shape.extents[0]
        let plane = shape.extents[1] * shape.extents[2]
        for image in stride(from: 0, to: from.count, by: channels * plane) {
            for pixel in 0..<plane {
                for channel in 0..<channels {
                    unsafe to[image + channel * plane + pixel] = from[image + pixel * channels + channel]
                }
            }
        }
    }
}
