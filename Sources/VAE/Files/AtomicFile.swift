internal import Glibc

/// Writes a file so that a reader sees the old one or the new one, never half of it, even after a power cut.
public enum AtomicFile {
    /// Writes `chunks` one after the other to a temporary name beside `path`, syncs, and renames. On any failure the
    /// temporary file is removed and `path` is as it was.
    public static func write(_ chunks: [UnsafeRawBufferPointer], to path: String) throws(CheckpointError) {
        try checkReplaceable(path)
        let temporary = temporaryName(for: path)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(temporary) }
        do throws(CheckpointError) {
            for index in unsafe chunks.indices { try unsafe writeAll(chunks[index], to: descriptor, path: path) }
            guard fsync(descriptor) == 0 else { throw failure(path) }
        } catch {
            close(descriptor)
            unsafe unlink(temporary)
            throw error
        }
        guard close(descriptor) == 0, unsafe rename(temporary, path) == 0 else {
            let error = failure(path)
            unsafe unlink(temporary)
            throw error
        }
        syncDirectory(of: path)
    }

    /// Renaming over a device, such as `/dev/null`, would replace it for the whole system.
    private static func checkReplaceable(_ path: String) throws(CheckpointError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFREG && kind != S_IFDIR else { return }  // a directory refuses by itself
        throw .file(path: path, reason: "cannot write: expected a regular file or none, found something else")
    }

    /// Beside `path`, since a rename does not cross file systems; the process number keeps two programs apart.
    static func temporaryName(for path: String) -> String { "\(path).tmp.\(getpid())" }

    /// Writes one array of bytes.
    public static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
        let result: Result<Void, CheckpointError> = unsafe bytes.withUnsafeBytes { buffer in
            do throws(CheckpointError) { return .success(try unsafe write([buffer], to: path)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private static func writeAll(
        _ chunk: UnsafeRawBufferPointer, to descriptor: Int32, path: String
    ) throws(CheckpointError) {
        guard let base = chunk.baseAddress else { return }
        var written = 0
        while written < chunk.count {
            let count = unsafe Glibc.write(descriptor, base + written, chunk.count - written)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            written += count
        }
    }

    /// Makes the new name durable. A failure here loses nothing that a reader could have seen.
    private static func syncDirectory(of path: String) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String) -> CheckpointError {
        .file(path: path, reason: unsafe "cannot write: " + String(cString: strerror(errno)))
    }
}
