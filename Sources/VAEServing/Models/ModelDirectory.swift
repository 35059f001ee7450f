internal import Glibc
internal import VAE

/// A directory of checkpoints: each `NAME.safetensors` in it is a model called `NAME`.
struct ModelDirectory: Sendable {
    /// A checkpoint's name and place.
    struct File: Sendable {
        let name: String
        let path: String
    }

    let path: String

    static let suffix = ".safetensors"

    /// The checkpoints, in the order of their names.
    func files() throws(ModelRepositoryError) -> [File] {
        guard let names = FolderNames.all(in: path) else {
            throw .unreadable(directory: path, reason: unsafe String(cString: strerror(errno)))
        }
        let hasLink = linkedDefault != nil
        var files: [File] = []
        for file in names {
            // Hidden files are half-written or mounted aside; `.resume` files belong to the trainer.
            guard file.hasSuffix(Self.suffix), !file.hasPrefix("."), !file.hasSuffix(".resume" + Self.suffix),
                file != "default" + Self.suffix || !hasLink
            else { continue }
            files.append(File(name: String(file.dropLast(Self.suffix.count)), path: "\(path)/\(file)"))
        }
        return files.sorted { $0.name < $1.name }
    }

    /// `mnist` when `default.safetensors` is a link to `mnist.safetensors` beside it.
    var linkedDefault: String? {
        var target = [UInt8](repeating: 0, count: 256)
        let length = unsafe readlink("\(path)/default\(Self.suffix)", &target, target.count)
        guard length > 0, length < target.count else { return nil }
        let file = String(decoding: target[..<length], as: UTF8.self)
        guard file.hasSuffix(Self.suffix), !file.contains("/") else { return nil }
        return String(file.dropLast(Self.suffix.count))
    }
}
