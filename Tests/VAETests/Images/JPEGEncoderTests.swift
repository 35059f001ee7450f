import Testing

@testable import VAE

@Suite struct JPEGEncoderTests {
    /// A smooth picture `[channels, height, width]`, which JPEG keeps well.
    private func picture(_ channels: Int, _ height: Int, _ width: Int) -> [Float] {
        // Loops: for the type checker one expression of all this is too much when the machine is busy.
        var values: [Float] = []
        let most = Float(width + 2 * height + 60)
        for channel in 0..<channels {
            for y in 0..<height {
                for x in 0..<width { values.append(Float(x + 2 * y + 20 * channel) / most) }
            }
        }
        return values
    }

    private func encode(
        _ rows: [Float], count: Int, shape: Shape, grid: ImageGrid = ImageGrid(), quality: Int = 95
    ) throws -> [UInt8] {
        let buffer = FloatBuffer(rows)
        return try unsafe JPEGEncoder(quality: quality).encode(buffer.base, count: count, shape: shape, grid: grid)
            .array()
    }

    @Test(arguments: [(1, 28, 28), (3, 64, 48), (1, 1, 1), (3, 7, 9)])
    func `What is encoded decodes to nearly itself`(channels: Int, height: Int, width: Int) throws {
        let rows = picture(channels, height, width)
        let jpeg = try encode(rows, count: 1, shape: [channels, height, width])
        #expect(jpeg.starts(with: [0xff, 0xd8]))
        let decoded = try ImageDecoder().pixels(jpeg.span, channels: channels)
        #expect([decoded.width, decoded.height] == [width, height])
        for index in 0..<(height * width * channels) {
            let (pixel, channel) = (index / channels, index % channels)
            let expected = rows[channel * height * width + pixel] * 255
            #expect((Float(decoded.values[index]) - expected).magnitude < 8)
        }
    }

    @Test func `Less quality is fewer bytes`() throws {
        let rows = (0..<4096).map { Float($0 &* 2_654_435_761 >> 5 & 255) / 255 }
        let sizes = try [20, 60, 95].map { try encode(rows, count: 1, shape: [1, 64, 64], quality: $0).count }
        #expect(sizes == sizes.sorted() && sizes[0] < sizes[2])
    }

    @Test func `Several images become a grid`() throws {
        let jpeg = try encode(
            [Float](repeating: 1, count: 5 * 64), count: 5, shape: [1, 8, 8], grid: ImageGrid(columns: 3, padding: 8))
        let decoded = try ImageDecoder().pixels(jpeg.span, channels: 1)
        #expect([decoded.width, decoded.height] == [40, 24])
        #expect(decoded.values[0] > 250 && decoded.values[11] < 5)
    }

    @Test func `What cannot be is refused`() {
        #expect(throws: ImageError.self) { try encode([0, 0], count: 1, shape: [2, 1, 1]) }
        #expect(throws: ImageError.self) { try encode([0], count: 1, shape: [1, 1, 1], quality: 101) }
        #expect(throws: ImageError.self) {
            try encode([Float](repeating: 0, count: 70_000), count: 1, shape: [1, 1, 70_000])
        }
    }

    @Test func `Bytes with the channels last`() throws {
        let rows = FloatBuffer((0..<12).map { Float($0) / 255 })
        let bytes = try unsafe ImageBytes.channelsLast(rows.base, count: 2, shape: [3, 1, 2]).array()
        #expect(bytes == [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11])
    }
}
