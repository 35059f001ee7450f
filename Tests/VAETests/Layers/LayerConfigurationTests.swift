import FoundationEssentials
import Testing

@testable import VAE

/// The layer list as JSON: what is written is read back, and what is read is what PyTorch users write.
@Suite struct LayerConfigurationTests {
    @Test func everyLayerSurvivesItsJSON() throws {
        let window = ConvolutionConfiguration(inputs: 3, outputs: 8, kernel: 4, stride: 2, padding: 1)
        let layers: [LayerConfiguration] =
            [.flatten, .linear(inputs: 3, outputs: 4)] + ActivationTests.all.map { .activation($0) } + [
                .unflatten([64, 4, 4]), .conv2d(window), .convTranspose2d(window),
                .convTranspose2d(window, outputPadding: 1),
            ]
        let json = try CanonicalJSON.string(layers)
        #expect(try CanonicalJSON.decode([LayerConfiguration].self, from: json) == layers)
        #expect(json.hasPrefix(#"[{"type":"flatten"},{"in":3,"out":4,"type":"linear"},{"type":"relu"}"#))
    }

    @Test func slopeDefaultsToPyTorchs() throws {
        let layer = try CanonicalJSON.decode(LayerConfiguration.self, from: #"{"type":"leaky_relu"}"#)
        #expect(layer == .activation(.leakyReLU(slope: 0.01)))
    }

    @Test func outputPaddingDefaultsToNone() throws {
        let json = #"{"in":3,"kernel":4,"out":8,"padding":1,"stride":2,"type":"conv_transpose2d"}"#
        let layer = try CanonicalJSON.decode(LayerConfiguration.self, from: json)
        let window = ConvolutionConfiguration(inputs: 3, outputs: 8, kernel: 4, stride: 2, padding: 1)
        #expect(layer == .convTranspose2d(window, outputPadding: 0))
        #expect(try CanonicalJSON.string(layer) == json, "and is left out again")
    }
}
