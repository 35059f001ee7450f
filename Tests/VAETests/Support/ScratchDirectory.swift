import FoundationEssentials
import Glibc
import Testing

/// A directory of its own for one test, gone when the test is.
final class ScratchDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "vae-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Path of `name` inside.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes `bytes` as `name`, without any of the care the code under test takes.
    @discardableResult
    func write(_ bytes: [UInt8], _ name: String = "file.safetensors") throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    /// An empty directory inside.
    func makeDirectory(_ name: String) throws { try #require(unsafe mkdir(file(name), 0o700) == 0) }

    /// A named pipe that nobody writes to.
    func makePipe(_ name: String) throws { try #require(unsafe mkfifo(file(name), 0o600) == 0) }

    /// Names of everything inside, sorted.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    /// The bytes of `name`.
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }
}
