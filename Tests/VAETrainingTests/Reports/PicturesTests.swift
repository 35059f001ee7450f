import Testing

@testable import VAE
@testable import VAETraining

@Suite struct PicturesTests {
    /// A decoder that looks at the label alone, black for class 0 and white for class 1, draws the classes by turns; and
    /// an image comes back as its label says.
    @Test func aConditionalModelIsGivenItsLabels() throws {
        let shape: Shape = [1, 4, 4]
        let configuration = ModelConfiguration.dense(input: shape.extents, hidden: [4], latent: 3, classes: 2)
        let architecture = try VAEArchitecture(configuration)
        let parameters = FloatBuffer(count: architecture.layout.count)
        func offset(_ name: String, _ shape: Shape) throws -> Int {
            try #require(architecture.layout.entries.first { $0.name == name && $0.shape == shape }).offset
        }
        // Of the hidden units the first is 100 for class 1, else 0; its doubles, less 100, are the pixels' logits.
        parameters[try offset("decoder.0.weight", [4, 5]) + 4] = 100
        let (weight, bias) = (try offset("decoder.2.weight", [16, 4]), try offset("decoder.2.bias", [16]))
        for pixel in 0..<16 {
            parameters[weight + 4 * pixel] = 2
            parameters[bias + pixel] = -100
        }
        let checkpoint = Checkpoint(
            architecture: architecture, parameters: parameters, training: TrainingRecord(), license: nil)
        let pictures = try Pictures(checkpoint, seed: 1)
        /// The first pixel of each tile: tiles of 4 × 4 with lines of two pixels between them.
        func tiles(_ png: [UInt8], lines: Range<Int>) throws -> [UInt8] {
            let image = try ImageDecoder().pixels(png.span, channels: 1)
            let pitch = (image.width + 2) / 8
            return lines.flatMap { line in (0..<8).map { image.values[(line * pitch * image.width) + $0 * pitch] } }
        }
        let drawn = try tiles(try pictures.samples(), lines: 0..<8)
        #expect(drawn == (0..<64).map { $0 % 2 == 0 ? 0 : 255 })
        let labels: [UInt8] = [1, 1, 0, 1, 0, 0, 0, 1]
        let grey = ImageDataset(shape: shape, pixels: [UInt8](repeating: 128, count: 8 * 16), labels: labels)
        let back = try tiles(try pictures.reconstructions(of: grey), lines: 0..<2)
        #expect(back == [UInt8](repeating: 128, count: 8) + labels.map { $0 * 255 })
    }
}
