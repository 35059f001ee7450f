internal import Glibc

/// A file's bytes, mapped read-only: pages are read as they are touched, and nothing is copied.
@safe final class MappedFile {
    let bytes: UnsafeRawBufferPointer

    /// Maps the regular file at `path`.
    init(path: String) throws(CheckpointError) {
        // Non-blocking, or opening a pipe would wait for its other end; regular files do not care.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path: path, reason: "is not a regular file") }
        let size = Int(status.st_size)
        guard size > 0 else {
            unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe address != MAP_FAILED
        else { throw Self.failure(path) }
        unsafe bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        if let address = unsafe bytes.baseAddress {
            unsafe munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        }
    }

    private static func failure(_ path: String) -> CheckpointError {
        .file(path: path, reason: unsafe String(cString: strerror(errno)))
    }
}
