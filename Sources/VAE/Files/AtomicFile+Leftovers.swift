internal import Glibc

extension AtomicFile {
    /// Removes what writers of files whose path begins with `stem` and a dot left half done because they were killed.
    /// Those of processes that still live stay.
    public static func removeLeftovers(of stem: String) {
        let slash = stem.lastIndex(of: "/")
        let folder = slash.map { $0 == stem.startIndex ? "/" : String(stem[..<$0]) } ?? "."
        let name = slash.map { String(stem[stem.index(after: $0)...]) } ?? stem
        for found in FolderNames.all(in: folder) ?? [] {
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
