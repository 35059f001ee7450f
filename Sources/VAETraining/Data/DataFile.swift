internal import CZlib
internal import Glibc

/// Reads a whole file into memory, unpacking it if it is gzip. What decides is the content, not the name.
enum DataFile {
    /// The most bytes a file may have, packed or unpacked: 4 GiB less one.
    static let maximumBytes = Int(UInt32.max)

    /// Whether something can be opened under `path`.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The contents of the regular file at `path`.
    static func read(_ path: String) throws(DatasetError) -> [UInt8] {
        let bytes = try contents(path)
        return bytes.starts(with: [0x1f, 0x8b]) ? try unpack(bytes, path: path) : bytes
    }

    /// Whether a folder lies under `path`.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The bytes of the regular file at `path` as they are; `first` of them, if given and if there are so many.
    static func contents(
        _ path: String, maximumBytes: Int? = DataFile.maximumBytes, first: Int? = nil
    ) throws(DatasetError) -> [UInt8] {
        let file = try RandomAccessFile(path: path)
        if let maximumBytes, file.size > maximumBytes {
            throw .unreadable(path: path, reason: "has \(file.size) bytes; at most \(maximumBytes) are accepted")
        }
        return try file.bytes(at: 0, count: min(file.size, first ?? .max))
    }

    private static func unpack(_ packed: [UInt8], path: String) throws(DatasetError) -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        var count = 0
        var offset = 0
        let status = unsafe gz_inflate(packed, packed.count, maximumBytes, &output, &count, &offset)
        defer { unsafe free(output) }
        switch status {
        case GZ_OK: return unsafe Array(UnsafeBufferPointer(start: output, count: count))
        case GZ_TOO_LARGE:
            throw .unreadable(path: path, reason: "unpacks to more than \(maximumBytes) bytes, the most accepted")
        case GZ_NO_MEMORY: throw .unreadable(path: path, reason: "not enough memory to unpack it")
        default:
            throw .format(
                path: path, offset: offset, expected: "sound gzip data",
                found: offset == packed.count
                    ? "the end of the file, or a checksum that fails; fetch it again"
                    : "damaged ones, or a checksum that fails; fetch it again")
        }
    }
}
