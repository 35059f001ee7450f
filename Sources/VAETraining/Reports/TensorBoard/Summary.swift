/// What TensorBoard shows of one moment: tensorflow.Summary, with the fields that scalars, images and histograms need
/// (tensorflow/core/framework/summary.proto).
struct Summary {
    private(set) var message = ProtobufMessage()
    var isEmpty: Bool { message.bytes.isEmpty }

    /// A point of the curve `tag`; left out if it is unknown or not finite.
    mutating func addScalar(_ tag: String, _ value: Double?) {
        guard let value, value.isFinite else { return }
        add(tag) { $0.add(2, Float(value)) }
    }

    /// A grey or colour picture of 8 bits a channel, as its PNG file.
    mutating func addImage(_ tag: String, png: [UInt8]) {
        guard let header = PNGHeader(png) else { return }
        var image = ProtobufMessage()
        image.add(1, Int64(header.height))
        image.add(2, Int64(header.width))
        image.add(3, Int64(header.channels))
        image.add(4, png)
        add(tag) { $0.add(4, image) }
    }

    /// How `values` are spread, in 30 buckets of equal width.
    mutating func addHistogram(_ tag: String, _ values: [Double]) {
        guard let low = values.min(), let high = values.max(), values.allSatisfy(\.isFinite) else { return }
        let buckets = 30
        let width = (high - low) / Double(buckets)
        var counts = [Double](repeating: 0, count: buckets)
        for value in values {
            counts[width > 0 ? min(Int((value - low) / width), buckets - 1) : 0] += 1
        }
        var histogram = ProtobufMessage()
        histogram.add(1, low)
        histogram.add(2, high)
        histogram.add(3, Double(values.count))
        histogram.add(4, values.reduce(0, +))
        histogram.add(5, values.reduce(0) { $0 + $1 * $1 })
        histogram.add(6, packed: (1...buckets).map { $0 == buckets ? high : low + Double($0) * width })
        histogram.add(7, packed: counts)
        add(tag) { $0.add(5, histogram) }
    }

    private mutating func add(_ tag: String, _ fill: (inout ProtobufMessage) -> Void) {
        var value = ProtobufMessage()
        value.add(1, tag)
        fill(&value)
        message.add(1, value)
    }
}
