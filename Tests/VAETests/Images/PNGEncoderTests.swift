import Glibc
import Testing

@testable import VAE

@Suite struct PNGEncoderTests {
    let encoder = PNGEncoder()
    let decoder = ImageDecoder()

    private func pixels(
        _ rows: [Float], count: Int, shape: Shape, grid: ImageGrid = ImageGrid()
    ) throws -> ImagePixels {
        let png = try encoder.encode(rows.span, count: count, shape: shape, grid: grid).array()
        return try decoder.pixels(png.span, channels: shape.extents[0])
    }

    @Test func `Values are clamped, rounded half up, and NaN is black`() throws {
        let small: [Float] = [0.499 / 255, 0.501 / 255, 254.6 / 255]
        let rows: [Float] = [0, 1, 0.5, -1, 2, .nan, .infinity, -.infinity, 0.25] + small
        let image = try pixels(rows, count: 1, shape: [1, 1, 12])
        #expect(image.values == [0, 255, 128, 0, 255, 0, 255, 0, 64, 0, 1, 255])
    }

    @Test(arguments: [(1, 1, 1), (1, 3, 7), (3, 5, 4), (3, 1, 1), (3, 300, 200), (1, 1, 5000)])
    func `What is encoded decodes to itself`(channels: Int, height: Int, width: Int) throws {
        let values = (0..<channels * height * width).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let image = ImagePixels(width: width, height: height, channels: channels, values: values)
        let png = try encoder.encode(image).array()
        #expect(try decoder.pixels(png.span, channels: channels) == image)
    }

    @Test func `Tiles lie in lines from the top left`() throws {
        let rows = (0..<5).flatMap { [Float](repeating: Float(10 * ($0 + 1)) / 255, count: 2) }
        let grid = ImageGrid(columns: 3, padding: 1, background: 7)
        let image = try pixels(rows, count: 5, shape: [1, 1, 2], grid: grid)
        #expect([image.width, image.height] == [8, 3])
        #expect(
            image.values == [
                10, 10, 7, 20, 20, 7, 30, 30,
                7, 7, 7, 7, 7, 7, 7, 7,
                40, 40, 7, 50, 50, 7, 7, 7,
            ]
        )
    }

    @Test func `Planes of colour become interleaved pixels`() throws {
        let rows = (0..<12).map { Float($0) / 255 }
        let image = try pixels(rows, count: 2, shape: [3, 1, 2], grid: ImageGrid(columns: 1, padding: 1))
        #expect(image.values == [0, 2, 4, 1, 3, 5, 0, 0, 0, 0, 0, 0, 6, 8, 10, 7, 9, 11])
    }

    @Test func `One image is drawn without a frame`() throws {
        let image = try pixels([0, 1, 0, 1, 0, 1], count: 1, shape: [1, 2, 3])
        #expect(image == ImagePixels(width: 3, height: 2, channels: 1, values: [0, 255, 0, 255, 0, 255]))
    }

    @Test func `A grid is as square as can be`() {
        #expect([1, 2, 4, 5, 9, 10, 64, 65].map { ImageGrid().columns(for: $0) } == [1, 2, 2, 3, 3, 4, 8, 9])
        #expect(ImageGrid(columns: 8).columns(for: 3) == 3)
    }

    @Test func `Counts, columns and sizes that do not fit are refused`() throws {
        let rows = [Float](repeating: 0, count: 6)
        #expect(throws: ImageError.invalidArgument("expected 2 rows of [1, 2, 2], found 6 floats")) {
            _ = try encoder.encode(rows.span, count: 2, shape: [1, 2, 2])
        }
        let none: [Float] = []
        #expect(throws: ImageError.self) { _ = try encoder.encode(none.span, count: 0, shape: [1, 2, 2]) }
        #expect(throws: ImageError.self) {
            _ = try encoder.encode(rows.span, count: 1, shape: [1, 2, 3], grid: ImageGrid(columns: 0))
        }
        #expect(throws: ImageError.self) {
            _ = try encoder.encode(rows.span, count: 1, shape: [1, 2, 3], grid: ImageGrid(padding: -1))
        }
        #expect(
            throws: ImageError.tooLarge("grid of 1x6 tiles would be 1x4000000006; at most 16777216 pixels are drawn")
        ) {
            let grid = ImageGrid(columns: 1, padding: 800_000_000)
            _ = try encoder.encode(rows.span, count: 6, shape: [1, 1, 1], grid: grid)
        }
    }

    @Test func `The file is handed over without a copy`() throws {
        let image = try encoder.encode(ImagePixels(width: 1, height: 1, channels: 1, values: [9]))
        let count = image.count
        let block = unsafe image.take()
        let bytes = unsafe Array(block)
        unsafe free(block.baseAddress)
        #expect(bytes.count == count)
        #expect(bytes.prefix(4) == [0x89, 0x50, 0x4e, 0x47])
    }
}
