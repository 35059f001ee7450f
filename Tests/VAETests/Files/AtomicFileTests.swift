import Glibc
import Testing

@testable import VAE

/// A write that fails leaves what was there, and nothing else.
@Suite struct AtomicFileTests {
    private func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: CheckpointError.self) { try body() }
        return error?.description ?? ""
    }

    @Test func writesAndReplaces() throws {
        let directory = try ScratchDirectory()
        try AtomicFile.write([1, 2, 3], to: directory.file("a"))
        try AtomicFile.write([4], to: directory.file("a"))
        try AtomicFile.write([] as [UInt8], to: directory.file("empty"))
        #expect(try directory.bytes("a") == [4])
        #expect(try directory.bytes("empty") == [])
        #expect(try directory.names() == ["a", "empty"])
    }

    @Test func chunksFollowEachOther() throws {
        let directory = try ScratchDirectory()
        let (first, second): ([UInt8], [UInt8]) = ([1, 2], [3])
        try unsafe first.withUnsafeBytes { a in
            try unsafe second.withUnsafeBytes { b in
                try unsafe AtomicFile.write(
                    [a, UnsafeRawBufferPointer(start: nil, count: 0), b], to: directory.file("a"))
            }
        }
        #expect(try directory.bytes("a") == [1, 2, 3])
    }

    @Test func devicesAndPipesAreNotReplaced() throws {
        let directory = try ScratchDirectory()
        #expect(unsafe mkfifo(directory.file("pipe"), 0o600) == 0)
        #expect(message { try AtomicFile.write([1], to: directory.file("pipe")) }.contains("regular file"))
        #expect(try directory.names() == ["pipe"])
    }

    @Test func missingDirectoryIsNamed() throws {
        let directory = try ScratchDirectory()
        let message = message { try AtomicFile.write([1], to: directory.file("none/model")) }
        #expect(message.contains("none/model"))
        #expect(message.contains("No such file or directory"))
        #expect(try directory.names() == [])
    }

    /// No user may create files there, not even root.
    @Test func placeWithoutFilesIsRefused() {
        #expect(message { try AtomicFile.write([1], to: "/proc/vae-test") }.contains("cannot write"))
    }

    @Test(.enabled(if: geteuid() != 0, "root may write anywhere")) func readOnlyDirectoryKeepsItsFile() throws {
        let directory = try ScratchDirectory()
        try AtomicFile.write([1], to: directory.file("a"))
        unsafe chmod(directory.path, 0o555)
        defer { unsafe chmod(directory.path, 0o755) }
        #expect(message { try AtomicFile.write([2], to: directory.file("a")) }.contains("Permission denied"))
        #expect(try directory.bytes("a") == [1])
        #expect(try directory.names() == ["a"])
    }

    @Test func directoryUnderThatNameStays() throws {
        let directory = try ScratchDirectory()
        try directory.makeDirectory("a")
        #expect(message { try AtomicFile.write([2], to: directory.file("a")) }.contains("Is a directory"))
        #expect(try directory.names() == ["a"])
    }

    /// The temporary file, led to the device that is always full.
    @Test func fullDiskKeepsTheOldFile() throws {
        let directory = try ScratchDirectory()
        try AtomicFile.write([1, 2, 3], to: directory.file("a"))
        #expect(unsafe symlink("/dev/full", AtomicFile.temporaryName(for: directory.file("a"))) == 0)
        let message = message { try AtomicFile.write([9, 9], to: directory.file("a")) }
        #expect(message.contains("No space left on device"))
        #expect(message.contains(directory.file("a")))
        #expect(try directory.bytes("a") == [1, 2, 3])
        #expect(try directory.names() == ["a"])
    }

    /// What a process that died on the way left behind is no obstacle for the next with its number (1, in a container).
    @Test func leftoverIsOverwritten() throws {
        let directory = try ScratchDirectory()
        let leftover = AtomicFile.temporaryName(for: directory.file("a"))
        try directory.write([7, 7, 7, 7], String(leftover.dropFirst(directory.path.count + 1)))
        try AtomicFile.write([1], to: directory.file("a"))
        #expect(try directory.bytes("a") == [1])
        #expect(try directory.names() == ["a"])
    }

    @Test func checkpointThatCannotBeWrittenKeepsTheOldOne() throws {
        let directory = try ScratchDirectory()
        let path = directory.file("model.safetensors")
        let checkpoint = try Checkpoint(path: CommittedFile.path("pytorch_log_variance.safetensors"))
        try checkpoint.write(to: path)
        let before = try directory.bytes("model.safetensors")
        #expect(unsafe symlink("/dev/full", AtomicFile.temporaryName(for: path)) == 0)
        #expect(message { try checkpoint.write(to: path) }.contains("No space left on device"))
        #expect(try directory.bytes("model.safetensors") == before)
        #expect(throws: Never.self) { try Checkpoint(path: path) }
    }
}
