import Testing

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
        #expect(message { $0.learningRate = .nan }?.contains("such as 1e-3") == true)
        #expect(message { $0.threads = 200 }?.contains("--batch-size 128") == true)
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
        #expect(settings.resumePath == "models/m.resume.safetensors")
    }
}
