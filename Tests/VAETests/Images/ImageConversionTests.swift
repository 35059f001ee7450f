import Testing

@testable import VAE

/// Cropping, and the conversions of images that are not encoded.
@Suite struct ImageConversionTests {
    private func png(width: Int, height: Int, channels: Int) throws -> (bytes: [UInt8], pixels: ImagePixels) {
        let numbers = RandomStream(seed: 6, domain: .dataset).uniforms(row: 0, count: width * height * channels)
        let pixels = ImagePixels(
            width: width, height: height, channels: channels, values: numbers.map { UInt8($0 * 255) })
        return (try PNGEncoder().encode(pixels).array(), pixels)
    }

    /// The middle of `pixels`.
    private func cut(_ pixels: ImagePixels, side: Int) -> ImagePixels {
        let (left, top) = ((pixels.width - side) / 2, (pixels.height - side) / 2)
        var values: [UInt8] = []
        for y in top..<top + side {
            let start = (y * pixels.width + left) * pixels.channels
            values += pixels.values[start..<start + side * pixels.channels]
        }
        return ImagePixels(width: side, height: side, channels: pixels.channels, values: values)
    }

    @Test(arguments: [1, 3], [1, 4, 6]) func `A crop is the image of its middle`(channels: Int, side: Int) throws {
        let (bytes, pixels) = try png(width: 9, height: 6, channels: channels)
        let middle = try PNGEncoder().encode(cut(pixels, side: side)).array()
        let decoder = ImageDecoder(centreCrop: side)
        for shape: Shape in [[1, side, side], [3, side, side], [1, 5, 3], [3, 2, 7]] {
            #expect(try decoder.row(bytes, shape: shape) == ImageDecoder().row(middle, shape: shape), "\(shape)")
        }
    }

    @Test(arguments: [nil, 5]) func `Floats are converted as the file is`(crop: Int?) throws {
        let decoder = ImageDecoder(centreCrop: crop)
        for channels in [1, 3] {
            let (bytes, _) = try png(width: 8, height: 7, channels: channels)
            let from: Shape = [channels, 7, 8]
            let planes = try FloatBuffer(ImageDecoder().row(bytes, shape: from))
            for shape: Shape in [[1, 7, 8], [3, 7, 8], [1, 5, 5], [3, 5, 5], [1, 3, 11], [3, 12, 4]] {
                let row = FloatBuffer(count: shape.elementCount)
                try unsafe decoder.convert(planes.base, from: from, shape: shape, into: row.base)
                let expected = try decoder.row(bytes, shape: shape)
                // The same sums, but for the division by 255, which is taken before and not after.
                let difference: Float = largestDifference(row.array(), expected)
                #expect(difference <= 3e-7, "\(channels) to \(shape)")
            }
        }
    }

    @Test func `An image smaller than the crop is refused`() throws {
        let (bytes, _) = try png(width: 9, height: 6, channels: 1)
        let expected = ImageError.invalidArgument("expected an image of at least 7x7 to crop, found 9x6")
        #expect(throws: expected) { try ImageDecoder(centreCrop: 7).row(bytes, shape: [1, 7, 7]) }
        let planes = FloatBuffer(count: 54)
        let row = FloatBuffer(count: 49)
        #expect(throws: expected) {
            try unsafe ImageDecoder(centreCrop: 7).convert(
                planes.base, from: [1, 6, 9], shape: [1, 7, 7], into: row.base)
        }
        #expect(throws: ImageError.self) {
            try unsafe ImageDecoder().convert(planes.base, from: [2, 3, 9], shape: [1, 7, 7], into: row.base)
        }
    }

    @Test func `Quantising is the inverse of converting`() {
        let bytes = (0...255).map { UInt8($0) }
        let floats = FloatBuffer(count: 256)
        unsafe BytePixels.convert(count: 256, bytes: bytes, into: floats.base)
        var back = [UInt8](repeating: 0, count: 256)
        unsafe BytePixels.quantise(count: 256, values: floats.base, into: &back)
        #expect(back == bytes)
        let between = FloatBuffer([0, 0.4, 0.6, 127.4, 127.6, 254.6, 255].map { (value: Float) in value / 255 })
        unsafe BytePixels.quantise(count: 7, values: between.base, into: &back)
        #expect(Array(back[..<7]) == [0, 0, 1, 127, 128, 255, 255])
    }
}
