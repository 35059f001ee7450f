import Testing

@testable import VAE

/// One way to get a checkpoint wrong, and what the message about it must say.
struct MalformedCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Parts of the message: what was expected, and what was found.
    let mentions: [String]
    let change: @Sendable (inout RawCheckpoint) -> Void

    init(_ description: String, mentions: [String], change: @escaping @Sendable (inout RawCheckpoint) -> Void) {
        testDescription = description
        self.mentions = mentions
        self.change = change
    }

    /// Writes the changed file, and expects it to be refused in those words.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        var raw = RawCheckpoint()
        change(&raw)
        let directory = try ScratchDirectory()
        let path = try directory.write(raw.bytes)
        let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
            try Checkpoint(path: path)
        }
        let message = error?.description ?? ""
        for part in mentions {
            #expect(message.contains(part), "\"\(message)\" should mention \"\(part)\"", sourceLocation: sourceLocation)
        }
        #expect(message.utf8.count < 1000, "a message is one line for a log", sourceLocation: sourceLocation)
        #expect(!message.contains("\n"), "a message is one line for a log", sourceLocation: sourceLocation)
    }
}
