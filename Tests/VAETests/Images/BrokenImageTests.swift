import Testing

@testable import VAE

/// Each way for an upload to be bad, and the error that names it.
@Suite struct BrokenImageTests {
    private func error(_ bytes: [UInt8], _ decoder: ImageDecoder = ImageDecoder()) -> ImageError? {
        do throws(ImageError) {
            _ = try decoder.row(bytes, shape: [1, 4, 5])
            return nil
        } catch {
            return error
        }
    }

    private func isCorrupt(_ bytes: [UInt8]) -> Bool {
        if case .corrupt = error(bytes) { true } else { false }
    }

    private func isUnsupported(_ bytes: [UInt8]) -> Bool {
        if case .unsupportedFormat = error(bytes) { true } else { false }
    }

    @Test func `Bytes of no image are told from images of other formats`() {
        #expect(error([]) == .notAnImage("expected a PNG or JPEG, found 0 bytes"))
        #expect(error([1, 2]) == .notAnImage("expected a PNG or JPEG, found 2 bytes"))
        #expect(
            error(Array("{\"images\":[]}".utf8))
                == .notAnImage("expected a PNG or JPEG, found 13 bytes that begin 7b 22 69 6d")
        )
        #expect(error(Array("GIF89a......".utf8)) == .unsupportedFormat("expected a PNG or JPEG, found a GIF"))
        #expect(error(Array("RIFF....WEBPVP8 ".utf8)) == .unsupportedFormat("expected a PNG or JPEG, found a WebP"))
        #expect(error(Array("....ftypavif....".utf8)) == .unsupportedFormat("expected a PNG or JPEG, found a AVIF"))
    }

    @Test(arguments: ["grey 8 bit", "palette 4 bit with alpha", "colour 16 bit, interlaced"])
    func `Every PNG cut short is corrupt`(name: String) throws {
        let png = try ImageFixture.named(name).bytes
        // The last four bytes are the checksum of the empty end chunk, which libspng does not wait for.
        for length in 8..<png.count - 4 { #expect(isCorrupt(Array(png[..<length])), "\(length) of \(png.count)") }
    }

    @Test(arguments: ["JPEG grey", "JPEG 4:2:0", "JPEG progressive"])
    func `Every JPEG cut short is corrupt`(name: String) throws {
        let jpeg = try ImageFixture.named(name).bytes
        for length in 3..<jpeg.count { #expect(isCorrupt(Array(jpeg[..<length])), "\(length) of \(jpeg.count)") }
    }

    @Test func `A flipped bit fails the checksum of every PNG chunk`() throws {
        let png = try ImageFixture.named("palette 4 bit").bytes
        for index in 8..<png.count {
            var damaged = png
            damaged[index] ^= 0x10
            #expect(error(damaged) != nil, "byte \(index)")
        }
        var damaged = png
        damaged[29] ^= 1  // the checksum of IHDR
        #expect(error(damaged) == .corrupt("PNG is corrupt: expected a whole header, found \"invalid chunk checksum\""))
    }

    @Test func `A JPEG with a broken marker is corrupt`() throws {
        var jpeg = try ImageFixture.named("JPEG grey").bytes
        let marker = try #require(jpeg.indices.dropLast().last { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xda })
        jpeg[marker + 1] = 0xd9
        #expect(isCorrupt(jpeg))
    }

    @Test func `A JPEG of another precision or process is unsupported`() throws {
        var jpeg = try ImageFixture.named("JPEG grey").bytes
        let frame = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc0 })
        jpeg[frame + 4] = 12
        #expect(isUnsupported(jpeg))
        jpeg[frame + 4] = 8
        jpeg[frame + 1] = 0xc3  // lossless
        #expect(isUnsupported(jpeg))
    }

    @Test func `Size is refused from the header alone`() throws {
        // make_images.py: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 0, 0, 0, 0))
        let header = "89504e470d0a1a0a0000000d4948445200004e2000004e200800000000c61b19e5"
        #expect(
            error(ImageFixture.bytes(hex: header))
                == .tooLarge("PNG is 20000x20000 = 400000000 pixels; at most 16777216 are accepted")
        )
        let jpeg = try ImageFixture.named("JPEG grey").bytes
        #expect(
            error(jpeg, ImageDecoder(limits: ImageLimits(maxPixels: 1199)))
                == .tooLarge("JPEG is 40x30 = 1200 pixels; at most 1199 are accepted")
        )
        #expect(
            error(jpeg, ImageDecoder(limits: ImageLimits(maxSide: 39)))
                == .tooLarge("JPEG is 40x30; at most 39 pixels a side are accepted")
        )
        #expect(error(jpeg, ImageDecoder(limits: ImageLimits(maxPixels: 1200, maxSide: 40))) == nil)
    }

    @Test func `Scans of a progressive JPEG are limited`() throws {
        let jpeg = try ImageFixture.named("JPEG progressive").bytes
        #expect(
            error(jpeg, ImageDecoder(limits: ImageLimits(maxScans: 3)))
                == .tooLarge("JPEG has more than 3 scans; at most 3 are accepted")
        )
        #expect(error(jpeg) == nil)
    }
}
