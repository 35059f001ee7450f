import Testing
import VAE

@testable import VAETraining

@Suite struct TrainingSettingsTests {
    private func message(_ change: (inout TrainingSettings) -> Void) -> String? {
        var settings = TrainingSettings(data: "data", output: "models/m.safetensors")
        settings.threads = 1
        change(&settings)
        return #expect(throws: TrainingError.self) { try settings.validate() }?.description
    }

    @Test func refusesBadValuesWithFlagValueAndFix() {
        #expect(message { $0.epochs = 0 } == "--epochs 0: expected 1…1000000")
        #expect(message { $0.latent = -1 }?.hasPrefix("--latent -1: expected 1…") == true)
        #expect(message { $0.hidden = [400, 0] }?.hasPrefix("--hidden 0: expected 1…") == true)
        #expect(message { $0.optimiser.learningRate = .nan }?.contains("such as 1e-3") == true)
        #expect(message { $0.threads = 200 }?.contains("--batch-size 128") == true)
        #expect(message { $0.objective.gradient = .dreg }?.hasPrefix("--gradient dreg is of --objective iwae") == true)
        #expect(message { $0.objective.importanceCutoff = 0.1 }?.contains("--objective iwae") == true)
        #expect(
            message { ($0.objective.capacity, $0.objective.betaWarmUp) = (5, 2) }?.contains("takes the place") == true)
        #expect(message { $0.objective.capacityWeight = 5 }?.contains("are of --capacity") == true)
        #expect(message { $0.objective.sparsityWeight = 5 }?.contains("is of --sparsity") == true)
        #expect(
            message { ($0.objective.kind, $0.objective.sparsity) = (.autoencoder, 0.1) }?
                .hasSuffix("expected --code-activation sigmoid, found none") == true)
        #expect(message { $0.output = "models/" }?.contains("ends in .safetensors") == true)
        #expect(message { $0.output = "models/.safetensors" }?.contains("ends in .safetensors") == true)
    }

    @Test func theCommandIsWhatAShellNeeds() {
        var settings = TrainingSettings(data: "my data/it's", output: "models/m.safetensors")
        settings.hidden = [500, 300]
        settings.threads = 2
        #expect(
            settings.command
                == "vae-trainer train --data 'my data/it'\\''s' --out models/m.safetensors --hidden 500 300 "
                + "--latent 20 --activation relu --epochs 10 --batch-size 128 --learning-rate 0.001 --seed 1 --threads 2"
        )
        #expect(settings.resumeCommand == "vae-trainer train --resume --out models/m.safetensors")
        settings = TrainingSettings(data: "shapes:64", output: "models/m.safetensors", architecture: .conv64)
        settings.threads = 1
        #expect(
            settings.command
                == "vae-trainer train --data shapes:64 --out models/m.safetensors --architecture conv64 --latent 10 "
                + "--epochs 10 --batch-size 128 --learning-rate 0.001 --seed 1 --threads 1")
        #expect(settings.resumePath == "models/m.resume.safetensors")
    }

    /// Users and items start from other settings, so that the general ones must be said.
    @Test func theCommandOfUsersAndItemsGivesTheSameSettings() {
        var settings = TrainingSettings.standard(
            data: "ratings.csv", output: "models/m.safetensors", epochs: 30, kind: .vae)
        settings.threads = 2
        #expect(
            settings.command
                == "vae-trainer train --data ratings.csv --out models/m.safetensors --hidden 600 --latent 200 "
                + "--activation tanh --likelihood multinomial --beta 0.2 --beta-warm-up 25.5 --corrupt dropout:0.5 "
                + "--epochs 30 --batch-size 500 --learning-rate 0.001 --initial-weights glorot --select best --seed 1 "
                + "--threads 2")
        settings.objective.beta = 1
        settings.objective.betaWarmUp = 0
        settings.likelihood = .bernoulli
        settings.initialWeights = .pytorch
        settings.selection = .last
        for words in [
            "--likelihood bernoulli", "--beta 1.0", "--beta-warm-up 0.0", "--initial-weights pytorch", "--select last",
        ] { #expect(settings.command.contains(words), "\(words)") }
        settings = .standard(data: "data/mnist", output: "models/m.safetensors", epochs: nil, kind: nil)
        #expect(settings == TrainingSettings(data: "data/mnist", output: "models/m.safetensors"))
    }

    private static func images(_ shape: Shape) -> ImageDataset {
        ImageDataset(shape: shape, pixels: [UInt8](repeating: 0, count: shape.elementCount))
    }

    @Test func convolutionsTake64Pixels() throws {
        let settings = TrainingSettings(data: "shapes:64", output: "models/m.safetensors", architecture: .conv64)
        for channels in [1, 3] {
            let architecture = try VAEArchitecture(settings.configuration(for: Self.images([channels, 64, 64])))
            // Counted by hand: convolutions, 1024→256, two heads, 10→256→1024, transposed convolutions.
            let ends = 2 * 32 * 16 * channels + 32 + channels
            let inner = 2 * (32 * 32 + 64 * 32 + 64 * 64) * 16 + (32 + 64 + 64) + (64 + 32 + 32)
            let dense = 1025 * 256 + 2 * 257 * 10 + 11 * 256 + 257 * 1024
            #expect(architecture.layout.count == ends + inner + dense)
        }
        let error = #expect(throws: TrainingError.self) { try settings.configuration(for: Self.images([1, 28, 28])) }
        for part in ["conv64", "[1, 64, 64]", "[1, 28, 28]", "shapes:64"] {
            #expect(error?.description.contains(part) == true)
        }
    }
}
