internal import VAE

/// What the elements of one example of an array stand for, as values 0…1, channels first.
struct ArrayValues {
    /// Floats, or else bytes.
    let areFloats: Bool
    /// What numbers stand for 0 and 1, of floats.
    let range: ValueRange
    /// Of bytes: whether 1, not 255, stands for 1.
    var isBlackAndWhite = false
    private let element: NPYElement
    private let channels: Int
    private let isChannelsLast: Bool
    private let width: Int

    /// Throws for elements that are neither bytes nor floats.
    init(_ element: NPYElement, layout: NPYLayout, range: ValueRange, path: String) throws(DatasetError) {
        switch element {
        case .boolean, .unsigned(bytes: 1):
            areFloats = false
            guard range == .unit else { throw NPYImages.bytesHaveNoRange(range, path) }
        case .float32, .float64: areFloats = true
        default: throw NPYImages.unreadable(element, path)
        }
        self.range = range
        self.element = element
        channels = layout.shape.extents[0]
        isChannelsLast = layout.isChannelsLast
        width = layout.shape.elementCount
    }

    /// Fills `row` `[C, H, W]` from the bytes of an example.
    func copy(_ bytes: ArraySlice<UInt8>, into row: FloatBuffer) {
        unsafe bytes.withUnsafeBytes { bytes in
            for index in 0..<width {
                let place = place(index)
                unsafe row.base[index] =
                    areFloats
                    ? range.fraction(element.float(place, in: bytes))
                    : Float(bytes[place]) / (isBlackAndWhite ? 1 : 255)
            }
        }
    }

    /// Where in the file's example value `index` of `[C, H, W]` lies.
    func place(_ index: Int) -> Int {
        guard isChannelsLast else { return index }
        let plane = width / channels
        return index % plane * channels + index / plane
    }
}
