import FoundationEssentials

@testable import VAE

/// A file of `Fixtures/`, where the script that made it lies beside it.
enum CommittedFile {
    /// Absolute path of `name`.
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures").appending(path: name).path
    }

    /// Its bytes.
    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path(name)))) }
}
