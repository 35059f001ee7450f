internal import Glibc

/// The lines of a text file, plain (read in pieces, so that its size does not matter) or gzip.
struct TextLines {
    /// For messages.
    let path: String

    /// Bytes of the longest line accepted.
    static let longestLine = 65_536
    private static let pieceBytes = 1 << 20

    /// Calls `body` with every line's number, from 1, and its bytes without the line's end (`\n` or `\r\n`).
    func forEach(
        _ body: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "is not a regular file") }
        var bytes = try piece(of: descriptor, after: [])
        var number = 0
        if bytes.starts(with: [0x1f, 0x8b]) {
            bytes = try DataFile.read(path)
            try lines(of: bytes, isLast: true, number: &number, body)
            return
        }
        // What is left of the piece before, then the next piece.
        while true {
            let used = try lines(of: bytes, isLast: false, number: &number, body)
            let rest = bytes[used...]
            guard rest.count <= Self.longestLine else { throw tooLong(number + 1) }
            let next = try piece(of: descriptor, after: rest)
            guard next.count > rest.count else {
                try lines(of: next, isLast: true, number: &number, body)
                return
            }
            bytes = next
        }
    }

    private func piece(of descriptor: Int32, after rest: ArraySlice<UInt8>) throws(DatasetError) -> [UInt8] {
        var problem: DatasetError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: rest.count + Self.pieceBytes) { buffer, count in
            for byte in rest {
                unsafe buffer[count] = byte
                count += 1
            }
            guard let base = buffer.baseAddress else { return }
            while true {
                let got = unsafe Glibc.read(descriptor, base + count, Self.pieceBytes)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { problem = failure() }
                count += max(got, 0)
                return
            }
        }
        if let problem { throw problem }
        return bytes
    }

    /// Gives the whole lines of `bytes` to `body`, and also what follows the last line's end if nothing can follow it.
    /// Returns the number of bytes given.
    @discardableResult
    private func lines(
        of bytes: [UInt8], isLast: Bool, number: inout Int,
        _ body: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Void
    ) throws(DatasetError) -> Int {
        var start = 0
        while start < bytes.count {
            let found = bytes[start...].firstIndex(of: 0x0a)
            guard let end = found ?? (isLast ? bytes.count : nil) else { return start }
            number += 1
            guard end - start <= Self.longestLine else { throw tooLong(number) }
            let hasReturn = end > start && bytes[end - 1] == 0x0d
            try body(number, bytes[start..<(hasReturn ? end - 1 : end)])
            start = end + 1
        }
        return bytes.count
    }

    private func tooLong(_ number: Int) -> DatasetError {
        .line(
            path: path, number: number, expected: "at most \(Self.longestLine) bytes, as user,item,rating has",
            found: "a longer line")
    }

    private func failure() -> DatasetError {
        .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
    }
}
