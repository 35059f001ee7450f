import Testing

@testable import VAETraining

/// Flags from a file.
@Suite struct RunFileTests {
    private let scratch = ScratchFolder()

    private static func kind(_ name: String) -> FlagKind? {
        if name == "binarise" { return FlagKind.none }
        return ["data", "hidden", "epochs", "dataset-name", "clip"].contains(name) ? .value : nil
    }

    private func expand(_ text: String, _ arguments: [String]) throws -> [String] {
        let path = scratch.write(Array(text.utf8), to: "run.conf")
        return try RunFile.expand(arguments.map { $0 == "FILE" ? path : $0 }) {
            Self.kind($0)
        }
    }

    @Test func linesBecomeFlagsBehindTheCommand() throws {
        let text = """
            # a comment
            data = data/mnist   # another
            hidden = 200 100
            binarise = yes

            dataset-name = "My digits = mine"
            """
        #expect(
            try expand(text, ["train", "--config", "FILE", "--epochs", "3"]) == [
                "train", "--data", "data/mnist", "--hidden", "200", "100", "--binarise", "--dataset-name",
                "My digits = mine", "--epochs", "3",
            ])
    }

    @Test func flagsGivenWin() throws {
        #expect(
            try expand(
                "epochs = 5\nclip=1\nbinarise = no", ["train", "--config=\(scratch.path)/run.conf", "--epochs=9"])
                == ["train", "--clip", "1", "--epochs=9"])
        #expect(try expand("epochs = 5", ["train", "--epochs", "2"]) == ["train", "--epochs", "2"])
    }

    @Test(arguments: [
        ("epoch = 5", "line 1: \"epoch\" is no flag"), ("data\n", "line 1: expected \"name = value\""),
        ("data = a\n\ndata = b", "line 3: \"data\" is set in line 1"),
        ("data = \"a", "line 1: the quotation has no end"),
        ("epochs = ", "line 1: expected"), ("resume = yes", "is no flag"),
        ("epochs = 1\nbinarise = maybe", "line 2: \"binarise\": expected yes or no, found \"maybe\""),
    ])
    func whatIsWrongIsNamedWithItsLine(text: String, words: String) {
        let error = #expect(throws: TrainingError.self) { try expand(text, ["train", "--config", "FILE"]) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func oneFileIsEnough() {
        let error = #expect(throws: TrainingError.self) {
            try expand("epochs = 5", ["train", "--config", "FILE", "--config=FILE"])
        }
        #expect(error?.description.contains("--config: given 2 times") == true)
    }

    private func environment(_ variables: [String: String], _ arguments: [String]) throws -> [String] {
        try RunEnvironment.expand(arguments, environment: variables, kind: Self.kind)
    }

    @Test func variablesBecomeFlagsUnlessTheyAreGiven() throws {
        let variables = [
            "VAE_TRAINER_HIDDEN": "200 100", "VAE_TRAINER_BINARISE": "yes", "VAE_TRAINER_DATASET_NAME": "'My digits'",
            "VAE_TRAINER_EPOCHS": "3", "VAE_TRAINER_CLIP": "", "VAE_TRAINER_SAMPLES": "50", "VAE_EPOCHS": "8",
        ]
        #expect(
            try environment(variables, ["train", "--epochs=9"]) == [
                "train", "--binarise", "--dataset-name", "My digits", "--hidden", "200", "100", "--epochs=9",
            ])
        #expect(try environment(variables, ["--help"]) == ["--help"])
        #expect(try environment([:], []) == [])
    }

    @Test(arguments: [
        ("BINARISE", "maybe", "expected yes or no"),
        ("DATASET_NAME", "'a", "VAE_TRAINER_DATASET_NAME: the quotation has no end"),
    ])
    func aVariableThatCannotBeMeantIsNamed(name: String, value: String, words: String) {
        let error = #expect(throws: TrainingError.self) { try environment(["VAE_TRAINER_\(name)": value], ["train"]) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: TrainingError.self) {
            try RunFile.expand(["train", "--config", "/nowhere.conf"]) { _ in .value }
        }
        #expect(error?.description.contains("/nowhere.conf") == true)
    }
}
