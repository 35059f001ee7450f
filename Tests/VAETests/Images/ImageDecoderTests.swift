import Testing

@testable import VAE

@Suite struct ImageDecoderTests {
    let decoder = ImageDecoder()

    /// The values are ratios of whole numbers; alpha costs one more rounding.
    @Test(arguments: ImageFixture.pngKinds)
    func `Every kind of PNG decodes to its definition`(_ image: ImageFixture) throws {
        for (shape, values) in image.expected {
            #expect(largestDifference(try decoder.row(image.bytes, shape: shape), values) <= 2e-7, "\(shape)")
        }
    }

    /// Pillow adds up in float64 and this in float32: a few units in the last place of 1.
    @Test(arguments: ImageFixture.resized)
    func `JPEG kinds and other sizes decode to Pillow's values`(_ image: ImageFixture) throws {
        for (shape, values) in image.expected {
            #expect(largestDifference(try decoder.row(image.bytes, shape: shape), values) <= 1e-6, "\(shape)")
        }
    }

    @Test(arguments: [1, 3])
    func `A byte v of the right size is exactly v / 255`(channels: Int) throws {
        let values = (0..<256 * channels).map { UInt8($0 / channels) }
        let image = ImagePixels(width: 16, height: 16, channels: channels, values: values)
        let png = try PNGEncoder().encode(image).array()
        let expected = (0..<256).map { Float($0) / 255 }
        #expect(try decoder.row(png, shape: [1, 16, 16]) == expected)
        #expect(try decoder.row(png, shape: [3, 16, 16]) == expected + expected + expected)
    }

    @Test func `A flat image stays flat at any size`() throws {
        let image = ImagePixels(width: 7, height: 5, channels: 1, values: [UInt8](repeating: 255, count: 35))
        let png = try PNGEncoder().encode(image).array()
        for shape: Shape in [[1, 1, 1], [1, 3, 20], [3, 11, 2]] {
            let row = try decoder.row(png, shape: shape)
            #expect(row.allSatisfy { $0 > 0.999_999 && $0 <= 1 }, "\(shape)")
        }
    }

    @Test(arguments: ImageFixture.pngKinds)
    func `Pixels are the values rounded`(_ image: ImageFixture) throws {
        for (shape, values) in image.expected {
            let (channels, plane) = (shape.extents[0], 20)
            let pixels = try decoder.pixels(image.bytes.span, channels: channels)
            #expect([pixels.width, pixels.height, pixels.channels] == [5, 4, channels])
            for (index, byte) in pixels.values.enumerated() {
                let exact = values[index % channels * plane + index / channels] * 255
                #expect(abs(Float(byte) - exact) < 0.5001)
            }
        }
    }

    @Test func `Shapes and buffers that do not fit are refused`() throws {
        let png = try ImageFixture.named("grey 8 bit").bytes
        for shape: Shape in [[2, 4, 5], [4, 5], [1, 1, 4, 5]] {
            let message = "expected the shape of an image, [1, H, W] or [3, H, W], found \(shape)"
            #expect(throws: ImageError.invalidArgument(message)) {
                try decoder.row(png, shape: shape)
            }
        }
        var values = [Float](repeating: 0, count: 19)
        #expect(throws: ImageError.invalidArgument("expected a buffer for one row of [1, 4, 5], found 19 floats")) {
            var row = values.mutableSpan
            try decoder.decode(png.span, shape: [1, 4, 5], into: &row)
        }
    }
}
