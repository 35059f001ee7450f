internal import Glibc

/// What lies in a folder.
public enum FolderNames {
    /// The names of all entries but `.` and `..`, in no order; nil, with `errno` set, when the folder cannot be read.
    public static func all(in path: String) -> [String]? {
        guard let folder = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            // An entry ends with its name: a copy of the whole field would reach behind the system's buffer.
            let name = unsafe String(
                cString: UnsafeRawPointer(entry).advanced(by: nameOffset).assumingMemoryBound(to: CChar.self))
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
}
