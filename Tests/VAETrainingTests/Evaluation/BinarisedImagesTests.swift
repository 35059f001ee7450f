import Testing
import VAE

@testable import VAETraining

@Suite struct BinarisedImagesTests {
    private let grey = ImageDataset(
        shape: [1, 5, 5], pixels: (0..<400 * 25).map { UInt8(255 * ($0 % 5) / 4) })

    private func draw(_ images: BinarisedImages, _ numbers: [UInt32]) throws -> [Float] {
        let output = FloatBuffer(count: numbers.count * 25)
        let result: Result<Void, DatasetError> = unsafe numbers.withUnsafeBufferPointer { numbers in
            do throws(DatasetError) {
                return .success(
                    try unsafe images.gather(numbers.baseAddress!, rows: numbers.count, into: output.base))
            } catch { return .failure(error) }
        }
        try result.get()
        return output.array()
    }

    @Test func greyValuesAreProbabilities() throws {
        let drawn = try draw(BinarisedImages(grey, seed: 1), Array(0..<400))
        #expect(drawn.allSatisfy { $0 == 0 || $0 == 1 })
        for level in 0..<5 {
            let pixels = stride(from: level, to: drawn.count, by: 5).map { drawn[$0] }
            let p = Float(255 * level / 4) / 255
            let mean = pixels.reduce(0, +) / Float(pixels.count)
            // Black and white stay what they are; the others lie within four standard deviations.
            #expect(abs(mean - p) <= 4 * (p * (1 - p) / Float(pixels.count)).squareRoot(), "level \(level): \(mean)")
        }
    }

    @Test func drawsAreThoseOfTheStream() throws {
        let drawn = try draw(BinarisedImages(grey, seed: 9), [17])
        let uniforms = RandomStream(seed: 9, domain: .binarisation, draw: .max).uniforms(row: 17, count: 25)
        for pixel in 0..<25 { #expect((drawn[pixel] == 1) == (uniforms[pixel] < Float(255 * (pixel % 5) / 4) / 255)) }
    }

    @Test func anImageIsTheSameWhereverItStands() throws {
        let images = BinarisedImages(grey, seed: 3)
        let together = try draw(images, [5, 6, 7])
        #expect(try draw(images, [7, 5]) == Array(together[50...] + together[..<25]))
    }

    @Test func seedsAndDrawsAreIndependent() throws {
        let first = BinarisedImages(grey, seed: 3)
        for other in [
            BinarisedImages(grey, seed: 4), BinarisedImages(grey, seed: 3, draw: BinarisedImages.trainingDraw),
        ] {
            #expect(try draw(first, [0, 1, 2]) != draw(other, [0, 1, 2]))
            #expect(first.fingerprint != other.fingerprint)
        }
    }
}
