internal import Glibc
internal import VAE

/// Makes sure, before hours are spent, that the files of a run can be written.
enum OutputFiles {
    /// Creates the folder of `path` if it is missing, and tries a file in it. `flag` is what asked for the file.
    static func prepare(_ path: String, flag: String = "--out") throws(TrainingError) {
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw .setting("\(flag) \(path): expected a file or nothing there, found a folder or device")
        }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try createFolder(String(path[..<slash]), for: path)
        }
        let probe = "\(path).probe.\(getpid())"
        let descriptor = unsafe open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("\(flag) \(path): cannot write there") }
        close(descriptor)
        unsafe unlink(probe)
        AtomicFile.removeLeftovers(of: TrainingSettings(data: nil, output: path).stem)
    }

    private static func createFolder(_ folder: String, for path: String) throws(TrainingError) {
        var status = stat()
        if unsafe stat(folder, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw .setting("--out \(path): \(folder) is a file; expected a folder")
            }
            return
        }
        if let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            try createFolder(String(folder[..<slash]), for: path)
        }
        guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw failure("--out \(path): cannot create the folder \(folder)")
        }
    }

    /// Removes a file that may not be there.
    static func remove(_ path: String) { unsafe unlink(path) }

    private static func failure(_ what: String) -> TrainingError {
        .setting(unsafe "\(what): \(String(cString: strerror(errno)))")
    }
}
