import Testing

@testable import VAETraining

/// Flags from a file.
@Suite struct RunFileTests {
    private let scratch = ScratchFolder()

    private func expand(_ text: String, _ arguments: [String]) throws -> [String] {
        let path = scratch.write(Array(text.utf8), to: "run.conf")
        return try RunFile.expand(arguments.map { $0 == "FILE" ? path : $0 }) {
            ["data", "hidden", "epochs", "binarise", "dataset-name", "clip"].contains($0)
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
    ])
    func whatIsWrongIsNamedWithItsLine(text: String, words: String) {
        let error = #expect(throws: TrainingError.self) { try expand(text, ["train", "--config", "FILE"]) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: TrainingError.self) {
            try RunFile.expand(["train", "--config", "/nowhere.conf"]) { _ in true }
        }
        #expect(error?.description.contains("/nowhere.conf") == true)
    }
}
