internal import Glibc

/// Reads a file of lines piece by piece, however long it is.
enum WholeLines {
    /// What is longer is no line.
    private static let maximumLine = 4 << 20

    /// Calls `body` with every whole line (ended by a line feed, which is left out) until it returns false. A file that
    /// cannot be read has no lines.
    static func read(_ path: String, body: (_ line: String, _ byteCount: Int) -> Bool) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= maximumLine {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes += chunk[..<count]
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: bytes[start..<end], as: UTF8.self)
                guard body(line, end - start) else { return }
                start = end + 1
            }
            bytes.removeFirst(start)
        }
    }
}
