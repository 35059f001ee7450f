import Testing

@testable import VAE

/// The ids of a recommendation model's items, in the metadata `items`.
@Suite struct ItemVocabularyTests {
    private static func load(_ items: String) throws -> Checkpoint {
        var raw = RawCheckpoint()
        raw.metadata["items"] = items
        let directory = try ScratchDirectory()
        try directory.write(raw.bytes, "model.safetensors")
        return try Checkpoint(path: directory.file("model.safetensors"))
    }

    @Test func idsComeBackThroughAFile() throws {
        var checkpoint = try Self.load(#"["Amélie","\"quoted\""]"#)
        #expect(checkpoint.items == ["Amélie", "\"quoted\""])
        checkpoint.items = ["b", "a"]
        let directory = try ScratchDirectory()
        try checkpoint.write(to: directory.file("again.safetensors"))
        #expect(try Checkpoint(path: directory.file("again.safetensors")).items == ["b", "a"])
    }

    @Test func mostModelsHaveNone() throws {
        let directory = try ScratchDirectory()
        try directory.write(RawCheckpoint().bytes, "model.safetensors")
        let checkpoint = try Checkpoint(path: directory.file("model.safetensors"))
        #expect(checkpoint.items == nil)
        #expect(try checkpoint.metadata()["items"] == nil)
    }

    @Test(arguments: [
        ("{}", "expected a JSON array of strings"), ("[1,2]", "expected a JSON array of strings"),
        (#"["a"]"#, "expected 2 ids, one for each number of a row; found 1"),
        (#"["a","b","c"]"#, "expected 2 ids, one for each number of a row; found 3"),
        (#"["a","a"]"#, "expected every id once; \"a\" is there again"),
        (#"["a",""]"#, "expected ids of 1…1024 bytes; number 1 has 0"),
    ])
    func otherIdsAreRefused(items: String, message: String) {
        let error = #expect(throws: CheckpointError.self) { try Self.load(items) }
        #expect(error?.description.contains("metadata \"items\": \(message)") == true, "\(error?.description ?? "")")
    }

    @Test func tooManyIdsAreRefusedBeforeTheyAreWritten() throws {
        var checkpoint = try Self.load(#"["a","b"]"#)
        checkpoint.items = (0...Checkpoint.maximumItems).map { "\($0)" }
        let error = #expect(throws: CheckpointError.self) { try checkpoint.metadata() }
        #expect(error?.description.contains("expected at most 200000 ids, found 200001") == true)
    }
}
