internal import Glibc

/// A regular file, opened to be read at any place.
///
/// Read, not mapped: when somebody cuts a mapped file, the next touch behind its new end ends the process (SIGBUS).
/// A read that comes back short is an error like any other.
@safe final class FileReader {
    /// The file's state when it was opened.
    let version: FileVersion
    private let path: String
    private let descriptor: Int32
    /// File systems keep time in ticks of some milliseconds: of a file written in this very tick a further write would
    /// not show in its times.
    private let isTooFreshToTell: Bool

    /// Opens the regular file at `path`.
    init(path: String) throws(CheckpointError) {
        self.path = path
        // Non-blocking, or opening a pipe would wait for its other end; regular files do not care.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .file(path: path, reason: Self.systemReason) }
        do throws(CheckpointError) {
            let status = try Self.status(of: descriptor, path)
            guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path: path, reason: "is not a regular file") }
            version = FileVersion(status)
            isTooFreshToTell = version.isYounger(than: 0.05)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Fills `buffer` with the bytes from `offset` on. Throws `changing` when the file ends before that.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        var done = 0
        while done < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .file(path: path, reason: "cannot read: \(Self.systemReason)") }
            guard count > 0 else {
                throw .changing(
                    path: path, "expected \(version.size) bytes, found that it now ends at \(offset + done)")
            }
            done += count
        }
    }

    /// A copy of the bytes of `range`.
    func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
        var failure: CheckpointError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            do throws(CheckpointError) {
                let target = unsafe UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: range.count)
                try unsafe read(at: range.lowerBound, into: target)
                count = range.count
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Throws `changing` unless the file is as it was when it was opened. `readAgain` says whether its contents are,
    /// where its times cannot tell.
    func checkUnchanged(readAgain: () throws(CheckpointError) -> Bool) throws(CheckpointError) {
        let now = FileVersion(try Self.status(of: descriptor, path))
        // A rename over it, or its removal, changes the old file's times and nothing in it: what was read is whole.
        var isSame = now.hasContents(of: version)
        if isSame && isTooFreshToTell { isSame = try readAgain() }
        guard isSame else { throw .changing(path: path, "it was written to while it was being read") }
    }

    private static func status(of descriptor: Int32, _ path: String) throws(CheckpointError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .file(path: path, reason: systemReason) }
        return status
    }

    private static var systemReason: String { unsafe String(cString: strerror(errno)) }
}
