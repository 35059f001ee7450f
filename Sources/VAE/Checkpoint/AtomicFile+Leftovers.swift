internal import Glibc

extension AtomicFile {
    /// Removes what writers of files whose path begins with `stem` and a dot left half done because they were killed.
    /// Those of processes that still live stay.
    public static func removeLeftovers(of stem: String) {
        let slash = stem.lastIndex(of: "/")
        let folder = slash.map { $0 == stem.startIndex ? "/" : String(stem[..<$0]) } ?? "."
        let name = slash.map { String(stem[stem.index(after: $0)...]) } ?? stem
        guard let directory = unsafe opendir(folder) else { return }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let found = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard found.hasPrefix(name + "."), let writer = temporaryWriter(of: found), kill(writer, 0) != 0,
                errno == ESRCH
            else { continue }
            unsafe unlink("\(folder)/\(found)")
        }
    }

    /// The process that a temporary name belongs to; nil for all other names.
    private static func temporaryWriter(of name: String) -> pid_t? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[parts.count - 2] == "tmp" else { return nil }
        return pid_t(parts[parts.count - 1]).flatMap { $0 > 0 ? $0 : nil }
    }
}
