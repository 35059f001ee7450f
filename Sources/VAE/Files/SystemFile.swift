internal import Glibc

/// What the kernel says in a small file, as those under `/proc`.
public enum SystemFile {
    /// The first 4 KiB of the file at `path`; empty when it cannot be read.
    public static func text(of path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
