internal import Glibc

/// What tells two states of a file apart without reading it: a write, a replacement and a change of permissions all
/// show in it.
public struct FileVersion: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    /// In bytes.
    let size: Int
    private let modified: Int64
    private let changed: Int64

    /// Looks at the file that `path` leads to, through links.
    public init(path: String) throws(CheckpointError) {
        var status = Glibc.stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .file(path: path, reason: unsafe String(cString: strerror(errno)))
        }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// Whether the file was written within the last `seconds`, so that its writer may not be done. A time in the future
    /// says nothing, and is no reason to wait for it.
    public func isYounger(than seconds: Double) -> Bool {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        let age = Self.nanoseconds(now) - modified
        return age >= 0 && Double(age) < seconds * 1e9
    }

    /// Whether nothing was written between `other` and this; a rename or a removal may have been.
    func hasContents(of other: FileVersion) -> Bool { size == other.size && modified == other.modified }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
