import Testing
import VAE

@testable import VAETraining

/// What is known of the data that a checkpoint was trained on.
@Suite struct TrainedDataTests {
    private func record(_ dataset: String?, _ command: String?) -> TrainingRecord {
        var record = TrainingRecord()
        record.dataset = dataset
        record.command = command
        return record
    }

    @Test(arguments: ["shapes:64", "it's here", "", "a b", "ö", #"back\slash"#, "--data"])
    func wordsAreWhatWasQuoted(word: String) {
        #expect(Shell.words(of: "vae-trainer \(Shell.quoted(word)) --seed 1") == ["vae-trainer", word, "--seed", "1"])
    }

    @Test func drawnShapesAreDrawnAgain() throws {
        let sources = [
            ("procedural shapes", "vae-trainer train --out a.safetensors", "shapes:28"),
            ("procedural shapes 64×64", "mpirun -n 2 vae-trainer train --data shapes:64 --out a", "shapes:64"),
            ("mine", "vae-trainer train --data shapes:32 --dataset-name mine", "shapes:32"),
        ]
        for (name, command, source) in sources {
            #expect(try TrainedData(record(name, command)).drawnSource() == source)
        }
    }

    @Test func otherDataMustBeNamed() {
        let commands = [
            ("MNIST", "vae-trainer train --data data/mnist --out a"), ("MNIST", "vae-trainer train --out a"),
            ("MNIST", nil), (nil, nil), ("x y", "vae-trainer train --data 'x y' --out a"),
        ]
        for (name, command) in commands {
            let error = #expect(throws: TrainingError.self) {
                try TrainedData(record(name, command)).drawnSource()
            }
            let text = error?.description ?? ""
            #expect(text.contains("with --data"))
            if let name { #expect(text.contains(name)) }
        }
    }

    @Test func namesTellDataApart() {
        let digits = TrainedData(record("MNIST", "vae-trainer train --data data/mnist"))
        #expect(digits.areThose(named: "MNIST", from: "elsewhere"))
        #expect(!digits.areThose(named: "procedural shapes", from: "data/mnist"))
        #expect(TrainedData(record(nil, nil)).areThose(named: "MNIST", from: "data/mnist"))
    }

    /// Records have had the data's own name since they can have another; before, the place must be the same.
    @Test func givenNamesAreKnown() {
        var named = record("mine", "vae-trainer train --data data/mnist --dataset-name mine")
        #expect(TrainedData(named).areThose(named: "MNIST", from: "data/mnist"))
        #expect(!TrainedData(named).areThose(named: "MNIST", from: "elsewhere"))
        named.dataName = "MNIST"
        #expect(TrainedData(named).areThose(named: "MNIST", from: "elsewhere"))
        #expect(!TrainedData(named).areThose(named: "mine", from: "elsewhere"))
    }
}
