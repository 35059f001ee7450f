import Testing

@testable import VAE

/// The serving path as a whole: a row's numbers do not depend on its batch.
@Suite struct VAESessionTests {
    private static func model(_ configuration: ModelConfiguration, _ precision: Precision = .f32) throws -> VAEModel {
        let architecture = try VAEArchitecture(configuration)
        let parameters = FloatBuffer.noise(architecture.layout.count, seed: 4, scale: 0.05)
        return try VAEModel(architecture, parameters: parameters, precision: precision)
    }

    /// The convolutional VAE of disentanglement_lib, for images of a quarter of the side.
    private static let convolutional: ModelConfiguration = {
        func window(_ inputs: Int, _ outputs: Int) -> ConvolutionConfiguration {
            ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: 4, stride: 2, padding: 1)
        }
        let relu = LayerConfiguration.activation(.relu)
        return ModelConfiguration(
            input: [1, 16, 16], latent: 10,
            encoder: [
                .conv2d(window(1, 32)), relu, .conv2d(window(32, 64)), relu, .flatten,
                .linear(inputs: 1024, outputs: 64), relu,
            ],
            decoder: [
                .linear(inputs: 10, outputs: 64), relu, .linear(inputs: 64, outputs: 1024), relu,
                .unflatten([64, 4, 4]), .convTranspose2d(window(64, 32)), relu, .convTranspose2d(window(32, 1)),
            ])
    }()

    /// Widths of the shipped models, and one latent dimension: the narrowest head and the narrowest decoder input.
    @Test(
        arguments: [
            ModelConfiguration.dense(input: [1, 28, 28], hidden: [400], latent: 20),
            ModelConfiguration.dense(
                input: [3, 5, 5], hidden: [33, 1], latent: 1, activation: .leakyReLU(slope: 0.1)),
            convolutional,
        ], Precision.allCases.filter(\.isAvailable))
    func rowAloneEqualsRowInAnyBatch(configuration: ModelConfiguration, precision: Precision) throws {
        let model = try Self.model(configuration, precision)
        let (most, latent, width) = (300, model.architecture.latent, model.architecture.inputCount)
        let x = FloatBuffer.noise(most * width, seed: 1)
        let z = FloatBuffer.noise(most * latent, seed: 2)
        // Two sessions: what one computed before must not show either.
        let (session, other) = (try VAESession(model), try VAESession(model))
        func encode(_ session: VAESession, rows: Int, from first: Int = 0) throws -> [FloatBuffer] {
            let parts = (0..<3).map { _ in FloatBuffer(count: rows * latent) }
            try unsafe session.encode(
                rows: rows, x: x.base + first * width, mu: parts[0].base, logVariance: parts[1].base,
                sigma: parts[2].base)
            return parts
        }
        func decode(_ session: VAESession, rows: Int, from first: Int = 0) throws -> FloatBuffer {
            let decoded = FloatBuffer(count: rows * width)
            try unsafe session.decode(rows: rows, z: z.base + first * latent, into: decoded.base)
            return decoded
        }
        let encodedAlone = try (0..<most).map { try encode(other, rows: 1, from: $0) }
        let decodedAlone = try (0..<most).map { try decode(other, rows: 1, from: $0) }
        for rows in Array(1...64) + [127, 128, 129, 200, 255, 300] {
            let encoded = try encode(session, rows: rows)
            let decoded = try decode(session, rows: rows)
            let same = (0..<rows).allSatisfy { row in
                decoded.hasSameBits(as: decodedAlone[row], at: row * width, count: width)
                    && (0..<3).allSatisfy {
                        encoded[$0].hasSameBits(as: encodedAlone[row][$0], at: row * latent, count: latent)
                    }
            }
            #expect(same, "\(rows) rows")
        }
    }

    @Test func noRowsDoNothing() throws {
        let session = try VAESession(Self.model(.dense(input: [1, 2, 2], hidden: [3], latent: 2)))
        let untouched = FloatBuffer([7])
        try unsafe session.encode(
            rows: 0, x: untouched.base, mu: untouched.base, logVariance: untouched.base, sigma: untouched.base)
        try unsafe session.decode(rows: 0, z: untouched.base, into: untouched.base)
        #expect(untouched.array() == [7])
    }

    /// 2 MB of weights behind rows of 131 072 numbers: the buffers for 128 such rows would take half a gigabyte.
    @Test func wideRowsGoInSmallerTiles() throws {
        let wide = 1 << 17
        let architecture = try VAEArchitecture(
            ModelConfiguration(
                input: [1, 256, 512], latent: wide, encoder: [.flatten, .linear(inputs: wide, outputs: 1)], decoder: [])
        )
        let parameters = FloatBuffer.noise(16, seed: 1)
        let arena = FloatBuffer(count: architecture.layout.count)
        unsafe arena.base.update(from: parameters.base, count: 16)
        let model = try VAEModel(architecture, parameters: arena)
        let session = try VAESession(model)
        #expect(model.decoder.maximumTile == 32)
        let (z, decoded) = (FloatBuffer(count: 40 * wide), FloatBuffer(count: 40 * wide))
        for row in 0..<40 { z[row * wide] = Float(row) }
        try unsafe session.decode(rows: 40, z: z.base, into: decoded.base)
        #expect(decoded.hasSameBits(as: z))
    }

    @Test(.enabled(if: !Precision.bf16.isAvailable, "this processor has AVX512_BF16"))
    func precisionThatTheProcessorLacksIsRefused() {
        #expect(throws: ModelError.self) { try Self.model(.dense(input: [1, 2, 2], hidden: [3], latent: 2), .bf16) }
    }

    @Test func weightsThatOverflowAreRefused() throws {
        let architecture = try VAEArchitecture(.dense(input: [1, 2, 2], hidden: [3], latent: 2))
        let parameters = FloatBuffer([Float](repeating: 3e38, count: architecture.layout.count))
        #expect(throws: ModelError.configuration("the weights give NaN or infinite results on noise")) {
            try VAEModel(architecture, parameters: parameters)
        }
    }
}
