import Testing

@testable import VAE

/// Size and colour from the first bytes of a file.
@Suite struct ImageHeaderTests {
    private func header(_ bytes: [UInt8]) throws(ImageError) -> ImageHeader? { try ImageHeader(bytes.span) }

    /// The decoder has the last word: each fixture's header must say what decoding finds.
    @Test(arguments: ImageFixture.pngKinds + ImageFixture.resized)
    func `A header says what decoding finds`(_ image: ImageFixture) throws {
        let header = try #require(try header(image.bytes))
        let pixels = try ImageDecoder().pixels(image.bytes.span, channels: 3)
        #expect(header.width == pixels.width && header.height == pixels.height)
        if header.channels == 1 {
            let isGrey = stride(from: 0, to: pixels.values.count, by: 3).allSatisfy { (index: Int) -> Bool in
                let red = pixels.values[index]
                return pixels.values[index + 1] == red && pixels.values[index + 2] == red
            }
            #expect(isGrey)
        }
        #expect((header.channels == 1) == image.name.lowercased().contains("grey"), "\(image.name)")
    }

    @Test(arguments: ["grey 8 bit", "JPEG 4:2:0"]) func `Too few bytes are not an error`(name: String) throws {
        let bytes = try ImageFixture.named(name).bytes
        let whole = try header(bytes)
        var known = false
        for length in 8...bytes.count {
            let found = try header(Array(bytes[..<length]))
            // Once it is there it stays.
            #expect(found == whole || (found == nil && !known), "\(length)")
            known = found != nil
        }
        #expect(known)
    }

    @Test func `Segments before the frame are passed over`() throws {
        var jpeg = try ImageFixture.named("JPEG grey").bytes
        let size = try header(jpeg)
        // Two comments of 60 000 zeros each, a fill byte, and a marker without length.
        let comment = [UInt8(0xff), 0xfe, 0xea, 0x62] + [UInt8](repeating: 0, count: 60_000)
        jpeg.insert(contentsOf: comment + comment + [0xff, 0xff, 0x01], at: 2)
        #expect(try header(jpeg) == size)
        #expect(try header(Array(jpeg.prefix(ImageHeader.prefixBytes))) == nil)
    }

    @Test func `What is no image is an error`() throws {
        #expect(throws: ImageError.notAnImage("expected a PNG or JPEG, found 0 bytes")) { try header([]) }
        #expect(throws: ImageError.unsupportedFormat("expected a PNG or JPEG, found a GIF")) {
            try header(Array("GIF89a......".utf8))
        }
        #expect(throws: ImageError.corrupt("JPEG is corrupt: expected a frame before its data")) {
            try header([0xff, 0xd8, 0xff, 0xda, 0, 8, 0, 0])
        }
        var png = try ImageFixture.named("grey 8 bit").bytes
        png.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        let error = #expect(throws: ImageError.self) { try header(png) }
        #expect(error?.description.hasPrefix("PNG is corrupt: expected at least one pixel, found 0x") == true)
        png[12] = 0
        #expect(throws: ImageError.corrupt("PNG is corrupt: expected the chunk IHDR first")) { try header(png) }
    }

    /// Nothing is read behind the end, whatever the lengths in the file say: under a sanitizer this would show.
    @Test(arguments: ["JPEG grey", "JPEG progressive", "colour 16 bit, interlaced"])
    func `Damage is an error, nothing, or a size`(name: String) throws {
        let bytes = try ImageFixture.named(name).bytes
        let random = RandomStream(seed: 4, domain: .dataset)
        for row in 0..<400 {
            var damaged = bytes
            for number in random.uniforms(row: UInt32(row), count: 6) {
                let bit = Int(number * Float(min(bytes.count, 600) * 8))
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            damaged = Array(damaged.prefix(Int(random.uniforms(row: UInt32(row + 1000), count: 1)[0] * 700)))
            if let header = try? header(damaged) {
                #expect(header.width > 0 && header.height > 0 && (header.channels == 1 || header.channels == 3))
            }
        }
    }
}
