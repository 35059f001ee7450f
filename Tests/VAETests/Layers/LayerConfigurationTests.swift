import FoundationEssentials
import Testing

@testable import VAE

/// The layer list as JSON: what is written is read back, and what is read is what PyTorch users write.
@Suite struct LayerConfigurationTests {
    @Test func everyLayerSurvivesItsJSON() throws {
        let layers: [LayerConfiguration] =
            [.flatten, .linear(inputs: 3, outputs: 4)] + ActivationTests.all.map { .activation($0) }
        let json = try CanonicalJSON.string(layers)
        #expect(try CanonicalJSON.decode([LayerConfiguration].self, from: json) == layers)
        #expect(json.hasPrefix(#"[{"type":"flatten"},{"in":3,"out":4,"type":"linear"},{"type":"relu"}"#))
    }

    @Test func slopeDefaultsToPyTorchs() throws {
        let layer = try CanonicalJSON.decode(LayerConfiguration.self, from: #"{"type":"leaky_relu"}"#)
        #expect(layer == .activation(.leakyReLU(slope: 0.01)))
    }
}
