import Glibc
import Testing
@testable import VAE

@testable import VAETraining

/// What a run starts from.
@Suite struct InitialWeightsTests {
    private func weights(_ configuration: ModelConfiguration, meanPixels: [Double]) throws -> Checkpoint {
        let architecture = try VAEArchitecture(configuration)
        let parameters = FloatBuffer(count: architecture.layout.count)
        InitialWeights.pytorch.fill(parameters, architecture: architecture, seed: 1, meanPixels: meanPixels)
        return Checkpoint(
            architecture: architecture, parameters: parameters, training: TrainingRecord(), license: nil)
    }

    private func entry(_ name: String, of checkpoint: Checkpoint) throws -> (values: [Float], fanIn: Int) {
        let entry = try #require(checkpoint.architecture.layout.entries.first { $0.name == name })
        return (checkpoint.parameters.array(entry.offset..<entry.offset + entry.count), entry.fanIn)
    }

    @Test func weightsFillTheRangeOfPyTorchsLayers() throws {
        let checkpoint = try weights(
            .convolutional64(channels: 1, latent: 10), meanPixels: Array(repeating: 0.25, count: 4096))
        for name in ["encoder.2.weight", "encoder.9.weight", "decoder.0.weight", "decoder.7.weight"] {
            let (values, fanIn) = try entry(name, of: checkpoint)
            let bound = 1 / Float(fanIn).squareRoot()
            #expect(values.allSatisfy { abs($0) <= bound }, "\(name)")
            #expect(values.max()! > 0.98 * bound && values.min()! < -0.98 * bound, "\(name)")
        }
    }

    /// One number per channel, or one per pixel: the untrained decoder gives the mean picture.
    @Test func theOutputBiasIsTheMean() throws {
        let channels = [0.2, 0.5, 0.8]
        let means = channels.flatMap { mean in (0..<4096).map { $0 % 2 == 0 ? mean + 0.05 : mean - 0.05 } }
        let colours = try weights(.convolutional64(channels: 3, latent: 4), meanPixels: means)
        try expect("decoder.11.bias", of: colours, toGive: channels)
        let pixels = [0.1, 0.4, 0.6, 0]
        let dense = try weights(.dense(input: [1, 2, 2], hidden: [3], latent: 2), meanPixels: pixels)
        try expect("decoder.2.bias", of: dense, toGive: [0.1, 0.4, 0.6, 0.001])
    }

    private func expect(_ name: String, of checkpoint: Checkpoint, toGive means: [Double]) throws {
        let values = try entry(name, of: checkpoint).values
        #expect(values.count == means.count)
        for (value, mean) in zip(values, means) {
            let found = 1 / (1 + exp(-Double(value)))
            #expect(abs(found - mean) < 1e-6, "\(name)")
        }
    }
}
