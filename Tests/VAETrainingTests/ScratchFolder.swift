import Glibc

/// A folder that is gone, with everything in it, when the test ends.
final class ScratchFolder {
    let path: String

    init() {
        var template = Array("/tmp/vae-training-tests.XXXXXX".utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe String(cString: mkdtemp(buffer.baseAddress!))
        }
    }

    deinit {
        clear()
        unsafe rmdir(path)
    }

    func clear() {
        for name in names where unsafe unlink("\(path)/\(name)") != 0 {
            for inner in names(in: name) { unsafe unlink("\(path)/\(name)/\(inner)") }
            unsafe rmdir("\(path)/\(name)")
        }
    }

    var names: [String] { names(in: ".") }

    func names(in name: String) -> [String] {
        guard let folder = unsafe opendir("\(path)/\(name)") else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func write(_ bytes: [UInt8], to name: String) -> String {
        let file = "\(path)/\(name)"
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        unsafe Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        return file
    }

    func read(_ name: String) -> [UInt8] { Self.read("\(path)/\(name)") }

    static func read(_ file: String) -> [UInt8] {
        let descriptor = unsafe open(file, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }
}
