internal import Glibc

/// A file of bearer keys: one a line, blank lines and lines that begin with `#` left out.
enum KeyFile {
    /// Bytes of a file.
    static let maximumBytes = 64 << 10
    /// Keys of a file: each costs every request a comparison.
    static let maximumKeys = 256

    /// Reads the file at `path`. `isExposed`: everyone on this machine can read it.
    static func read(_ path: String) throws(KeyFileError) -> (keys: [String], isExposed: Bool) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path, unsafe String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var info = stat()
        guard unsafe fstat(descriptor, &info) == 0 else {
            throw .unreadable(path, unsafe String(cString: strerror(errno)))
        }
        guard info.st_mode & S_IFMT != S_IFDIR else { throw .unreadable(path, "it is a directory") }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress! + count, room)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(path, unsafe String(cString: strerror(errno))) }
            if got == 0 { break }
            count += got
        }
        guard count <= maximumBytes else { throw .tooLarge(path) }
        let isExposed = info.st_mode & S_IFMT == S_IFREG && info.st_mode & S_IROTH != 0
        return (try keys(in: bytes[..<count], of: path), isExposed)
    }

    /// The keys in a file's bytes. `path` is for errors, which never show a key.
    static func keys(in bytes: ArraySlice<UInt8>, of path: String) throws(KeyFileError) -> [String] {
        var keys: [String] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let key = trimmed(line)
            guard let first = key.first, first != UInt8(ascii: "#") else { continue }
            try check(key, "\(path), line \(index + 1)")
            keys.append(String(decoding: key, as: UTF8.self))
        }
        guard !keys.isEmpty else { throw .empty(path) }
        guard keys.count <= maximumKeys else { throw .tooManyKeys(path, keys.count) }
        return keys
    }

    /// Refuses what no `Authorization` header can carry, and what could be guessed.
    static func check(_ key: some Collection<UInt8>, _ place: String) throws(KeyFileError) {
        guard key.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .notVisibleASCII(place) }
        guard AccessKeys.lengths.contains(key.count) else { throw .wrongLength(place, key.count) }
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
        var line = line.drop(while: isBlank)
        while let last = line.last, isBlank(last) { line.removeLast() }
        return line
    }
}

/// Why keys cannot be used. Tells the place, never the key.
package enum KeyFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(String, String)
    case tooLarge(String)
    case empty(String)
    case tooManyKeys(String, Int)
    case notVisibleASCII(String)
    case wrongLength(String, Int)

    package var description: String {
        let lengths = "\(AccessKeys.lengths.lowerBound)…\(AccessKeys.lengths.upperBound)"
        return switch self {
        case .unreadable(let path, let reason):
            "cannot read the key file \"\(path)\": \(reason); give another with --api-keys-file"
        case .tooLarge(let path): "key file \"\(path)\": expected at most \(KeyFile.maximumBytes) bytes, found more"
        case .empty(let path):
            "key file \"\(path)\": expected at least one key, found none; write one a line, or leave the flag out"
        case .tooManyKeys(let path, let count):
            "key file \"\(path)\": expected at most \(KeyFile.maximumKeys) keys, found \(count)"
        case .notVisibleASCII(let place):
            "\(place): a key must be visible ASCII without blanks, such as `openssl rand -hex 24` gives"
        case .wrongLength(let place, let count): "\(place): a key must have \(lengths) characters, found \(count)"
        }
    }
}
