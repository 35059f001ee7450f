import Testing
import VAE

@testable import VAEServing

/// `reconstruct?diff=true`: an image, its reconstruction, and how far they are apart.
@Suite struct DifferenceTests {
    private struct Reply: Decodable, Equatable {
        let images: [[[[Float]]]]
        let difference: [[[[Float]]]]?
        let psnr: [Float]?
        let ssim: [Float]?
    }

    private let server: TestServer
    private let images = [TestImage(1), TestImage(2), TestImage(3)]
    private var octets: [UInt8] { images.flatMap(\.octets) }

    init() throws { server = try TestServer() }

    private func ask(_ query: String) throws -> VAEServingTests.Reply {
        try server.ask(.post("/v1/reconstruct?\(query)", "application/octet-stream", octets))
    }

    @Test func json() throws {
        let plain = try ask("diff=false").json(Reply.self)
        #expect(plain.difference == nil && plain.psnr == nil && plain.ssim == nil)
        let reply = try ask("diff=true").json(Reply.self)
        #expect(reply.images == plain.images)
        let x = FloatBuffer(images.flatMap(\.floats))
        let reconstructed = FloatBuffer(Array(reply.images.joined().joined().joined()))
        let difference = zip(x.array(), reconstructed.array()).map { abs($0 - $1) }
        #expect(reply.difference.map { Array($0.joined().joined().joined()) } == difference)
        let psnr = unsafe ImageComparison.signalToNoise(
            rows: 3, width: TestModel.pixels, x: x.base, y: reconstructed.base)
        let ssim = unsafe ImageComparison.structuralSimilarity(
            rows: 3, shape: [1, TestModel.height, TestModel.width], x: x.base, y: reconstructed.base)
        #expect(reply.psnr == psnr && reply.ssim == ssim)
        #expect(psnr.allSatisfy { (1..<50).contains($0) } && Set(ssim).count == 3)
    }

    @Test func aRowAloneIsTheRowInABatch() throws {
        let all = try ask("diff=true").json(Reply.self)
        let (psnr, ssim) = (try #require(all.psnr), try #require(all.ssim))
        for (index, image) in images.enumerated() {
            let alone = try server.ask(
                .post("/v1/reconstruct?diff=true", "application/octet-stream", image.octets)
            ).json(Reply.self)
            #expect(alone.psnr == [psnr[index]] && alone.ssim == [ssim[index]])
            #expect(alone.difference?[0] == all.difference?[index])
        }
    }

    @Test func sheetHasThreeColumns() throws {
        let reply = try ask("diff=true").json(Reply.self)
        let difference = try #require(reply.difference)
        var values: [Float] = []
        for (index, image) in images.enumerated() {
            values += image.floats
            values += reply.images[index].joined().joined()
            values += difference[index].joined().joined()
        }
        let sheet = try ask("diff=true&format=png")
        #expect(sheet.headers["content-type"] == "image/png")
        let expected = try PNGEncoder().encode(
            values.span, count: 9, shape: [1, TestModel.height, TestModel.width],
            grid: ImageGrid(columns: 3))
        let bytes = expected.withBytes { span in span.indices.map { span[$0] } }
        #expect(sheet.body == bytes)
        let array = try ask("diff=true&format=octets")
        #expect(array.headers["x-vae-shape"] == "3,3,1,6,5")
        let bits = values.flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
        }
        #expect(array.body == bits)
    }

    @Test func wrongFlag() throws {
        expectRefusal(try ask("diff=1"), 422, "invalid_value", "diff=1")
        let encode = try server.ask(.post("/v1/encode?diff=true", "application/octet-stream", octets))
        expectRefusal(encode, 400, "unknown_parameter", "encode")
    }
}
