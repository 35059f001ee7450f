import Glibc
import Testing

@testable import VAE

/// Files that change under the reader: an error to try again after, never a crash and never half a file taken for whole.
@Suite struct ChangingFileTests {
    private static let original = "pytorch_log_sigma.safetensors"

    private func opened() throws -> (directory: ScratchDirectory, path: String, file: SafetensorsFile) {
        let directory = try ScratchDirectory()
        let path = try directory.write(CommittedFile.bytes(Self.original))
        return (directory, path, try SafetensorsFile(path: path))
    }

    private func expectChanging(_ body: () throws -> Void) {
        let error = #expect(throws: CheckpointError.self) { try body() }
        #expect(error?.isChanging == true, "\(String(describing: error))")
    }

    @Test func cutAfterOpening() throws {
        let (directory, path, file) = try opened()
        try #require(unsafe truncate(path, 3000) == 0)
        expectChanging { _ = try Checkpoint(file) }
        expectChanging { _ = try file.contentHash() }
        expectChanging { try file.checkUnchanged(contentHash: "") }
        withExtendedLifetime(directory) {}
    }

    /// The times of a file written a moment ago may not show it, so its contents are compared.
    @Test func overwrittenInPlace() throws {
        let (directory, path, file) = try opened()
        let hash = try file.contentHash()
        try file.checkUnchanged(contentHash: hash)
        let descriptor = unsafe open(path, O_WRONLY)
        try #require(unsafe pwrite(descriptor, "x", 1, 5000) == 1)
        close(descriptor)
        expectChanging { try file.checkUnchanged(contentHash: hash) }
        withExtendedLifetime(directory) {}
    }

    @Test func grown() throws {
        let (directory, path, file) = try opened()
        let hash = try file.contentHash()
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND)
        try #require(unsafe write(descriptor, "x", 1) == 1)
        close(descriptor)
        expectChanging { try file.checkUnchanged(contentHash: hash) }
        withExtendedLifetime(directory) {}
    }

    /// The reader keeps the file it opened.
    @Test func replacedOrRemovedIsWhole() throws {
        let (directory, path, file) = try opened()
        let other = try directory.write(Array("something else".utf8), "other")
        let hash = try file.contentHash()
        try #require(unsafe rename(other, path) == 0)
        #expect(try Checkpoint(file).parameters.isFinite)
        try file.checkUnchanged(contentHash: hash)
        try #require(unsafe unlink(path) == 0)
        #expect(try file.contentHash() == hash)
        try file.checkUnchanged(contentHash: hash)
    }

    @Test func versionsTellFilesApart() throws {
        let (directory, path, file) = try opened()
        #expect(try FileVersion(path: path) == file.version)
        try #require(unsafe chmod(path, 0o600) == 0)
        #expect(try FileVersion(path: path) != file.version, "what could not be read may be readable now")
        #expect(file.version.isYounger(than: 60))
        var times = (timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0))
        try #require(
            unsafe withUnsafePointer(to: &times) { pointer in
                unsafe pointer.withMemoryRebound(to: timespec.self, capacity: 2) {
                    unsafe utimensat(AT_FDCWD, path, $0, 0)
                }
            } == 0)
        #expect(try !FileVersion(path: path).isYounger(than: 60))
        withExtendedLifetime(directory) {}
    }
}
