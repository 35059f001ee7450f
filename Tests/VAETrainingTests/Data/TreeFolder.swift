import Glibc

/// A folder with folders in it, that is gone with all of it when the test ends.
final class TreeFolder {
    let path: String

    init() {
        var template = Array("/tmp/vae-training-tests.XXXXXX".utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe String(cString: mkdtemp(buffer.baseAddress!))
        }
    }

    deinit { Self.remove(path) }

    /// Writes a file; the folders on the way are made. Gives its full path.
    @discardableResult func write(_ bytes: [UInt8], to name: String) -> String {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/" + part
            unsafe mkdir(folder, 0o755)
        }
        let file = "\(path)/\(name)"
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        unsafe Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        return file
    }

    /// A copy of a file among the fixtures.
    @discardableResult func copy(_ fixture: String, to name: String) -> String {
        write(ScratchFolder.read(Fixture.path(fixture)), to: name)
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unsafe unlink(path)
            return
        }
        if let folder = unsafe opendir(path) {
            var names: [String] = []
            while let entry = unsafe readdir(folder) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if name != "." && name != ".." { names.append(name) }
            }
            unsafe closedir(folder)
            for name in names { remove("\(path)/\(name)") }
        }
        unsafe rmdir(path)
    }
}
