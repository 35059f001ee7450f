internal import Glibc

/// A file that grows by whole entries: one that does not fit on the disk leaves no part of itself behind, and is tried
/// again together with the next.
final class GrowingFile {
    let path: String
    private let descriptor: Int32
    /// Bytes of whole entries in the file.
    private var length: Int
    /// Entries that could not be written yet.
    private var pending: [UInt8] = []
    /// What is kept for a disk that may be emptied; more is given up.
    private static let maximumPending = 8 << 20

    /// Opens or creates the file at `path` and cuts it after its first `length` bytes.
    init(_ path: String, keeping length: Int = 0) throws(TrainingError) {
        self.path = path
        self.length = length
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        guard ftruncate(descriptor, length) == 0 else {
            let error = Self.failure(path)
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Writes `entry` behind all others; it is in the hands of the system on return. On an error the file is as it was
    /// before, and the entry waits for the next call.
    func append(_ entry: [UInt8]) throws(TrainingError) {
        if pending.count + entry.count <= Self.maximumPending { pending += entry }
        var written = 0
        while written < pending.count {
            let count = unsafe pending.withUnsafeBytes { bytes in
                unsafe pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, length + written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = Self.failure(path)
                ftruncate(descriptor, length)
                throw error
            }
            written += count
        }
        length += written
        pending.removeAll(keepingCapacity: true)
    }

    /// Asks the system to put all of it on the disk, where it outlives a power cut.
    func sync() { fdatasync(descriptor) }

    private static func failure(_ path: String) -> TrainingError {
        .system(unsafe "\(path): cannot write: \(String(cString: strerror(errno)))")
    }
}
