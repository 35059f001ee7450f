internal import Glibc

/// A regular file that is read in pieces, from any thread.
final class RandomAccessFile: Sendable {
    /// As it was named, for messages.
    let path: String
    /// In bytes, when it was opened.
    let size: Int
    private let descriptor: Int32

    /// Opens the file.
    init(path: String) throws(DatasetError) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            size = 0
            throw Self.failure(path)
        }
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            let problem = isKnown ? .unreadable(path: path, reason: "is not a regular file") : Self.failure(path)
            close(descriptor)
            size = 0
            throw problem
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The `count` bytes from `offset` on. Throws if there are fewer, as when the file has been cut.
    func read(at offset: Int, count: Int) throws(DatasetError) -> [UInt8] {
        let bytes = try bytes(at: offset, count: count)
        guard bytes.count == count else {
            throw .format(
                path: path, offset: offset + bytes.count, expected: "\(count) bytes from byte \(offset) on",
                found: "the end of the file, which had \(size) bytes when it was opened")
        }
        return bytes
    }

    /// The same, or as many as there are.
    func bytes(at offset: Int, count: Int) throws(DatasetError) -> [UInt8] {
        var problem: DatasetError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, let base = buffer.baseAddress {
                let got = unsafe pread(descriptor, base + done, count - done, off_t(offset + done))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { problem = Self.failure(path) }
                guard got > 0 else { break }
                done += got
            }
        }
        if let problem { throw problem }
        return bytes
    }

    private static func failure(_ path: String) -> DatasetError {
        .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
    }
}
