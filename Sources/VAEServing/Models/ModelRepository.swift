internal import Glibc
package import VAE

/// The models of a directory: each `NAME.safetensors` in it is served as `NAME`.
package final class ModelRepository: Sendable {
    /// In the order of their names.
    package let models: [LoadedModel]
    /// Index of the model behind `/v1/{op}`.
    let defaultIndex: Int
    /// Files that were refused, with the reason.
    package let refused: [(file: String, reason: String)]
    private let indices: [String: Int]

    /// The model behind `/v1/{op}`.
    package var defaultModel: LoadedModel { models[defaultIndex] }

    /// Loads every checkpoint of `directory`. A bad file is left out and remembered in `refused`.
    ///
    /// `defaultModel` names the one behind `/v1/{op}`. Without it that is the file which a link called
    /// `default.safetensors` points to; without such a link, the first by name.
    package init(
        directory: String, defaultModel: String?, precision: Precision = .f32
    ) throws(ModelRepositoryError) {
        var loaded: [LoadedModel] = []
        var refused: [(file: String, reason: String)] = []
        for file in try Self.checkpointFiles(in: directory) {
            do {
                loaded.append(try LoadedModel(name: file.name, path: file.path, precision: precision))
            } catch {
                refused.append((file.path, "\(error)"))
            }
        }
        self.refused = refused
        guard !loaded.isEmpty else { throw .noModels(directory: directory, refused: refused) }
        models = loaded
        indices = Dictionary(uniqueKeysWithValues: loaded.enumerated().map { ($1.name, $0) })
        if let wanted = defaultModel ?? Self.linkedDefault(in: directory) {
            guard let index = indices[wanted] else {
                let reason = refused.first { $0.file == "\(directory)/\(wanted)\(Self.suffix)" }?.reason
                throw .unknownDefault(wanted, reason: reason, available: loaded.map(\.name))
            }
            defaultIndex = index
        } else {
            defaultIndex = 0
        }
    }

    /// Index of the model called `name`.
    func index(of name: String) -> Int? { indices[name] }

    private static let suffix = ".safetensors"

    /// `mnist` when `default.safetensors` is a link to `mnist.safetensors` beside it.
    private static func linkedDefault(in directory: String) -> String? {
        var target = [UInt8](repeating: 0, count: 256)
        let length = unsafe readlink("\(directory)/default\(suffix)", &target, target.count)
        guard length > 0, length < target.count else { return nil }
        let file = String(decoding: target[..<length], as: UTF8.self)
        guard file.hasSuffix(suffix), !file.contains("/") else { return nil }
        return String(file.dropLast(suffix.count))
    }

    private static func checkpointFiles(
        in directory: String
    ) throws(ModelRepositoryError) -> [(name: String, path: String)] {
        guard let handle = unsafe opendir(directory) else {
            throw .unreadable(directory: directory, reason: unsafe String(cString: strerror(errno)))
        }
        defer { unsafe closedir(handle) }
        var files: [(name: String, path: String)] = []
        while let entry = unsafe readdir(handle) {
            let file = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Hidden files are half-written or mounted aside; `.resume` files belong to the trainer.
            guard file.hasSuffix(suffix), !file.hasPrefix("."), !file.hasSuffix(".resume" + suffix),
                file != "default" + suffix || linkedDefault(in: directory) == nil
            else { continue }
            files.append((String(file.dropLast(suffix.count)), "\(directory)/\(file)"))
        }
        return files.sorted { $0.name < $1.name }
    }
}

/// Why there is nothing to serve.
package enum ModelRepositoryError: Error, CustomStringConvertible {
    case unreadable(directory: String, reason: String)
    case noModels(directory: String, refused: [(file: String, reason: String)])
    /// `reason`: why its file was refused, if there is one.
    case unknownDefault(String, reason: String?, available: [String])

    package var description: String {
        switch self {
        case .unreadable(let directory, let reason):
            "cannot read the model directory \"\(directory)\": \(reason); give another with --models or VAE_MODELS"
        case .noModels(let directory, let refused) where refused.isEmpty:
            "no *.safetensors file in \"\(directory)\"; make one with `vae-trainer train --out \(directory)/NAME.safetensors`"
        case .noModels(let directory, let refused):
            "no usable checkpoint in \"\(directory)\":"
                + refused.map { "\n  \($0.file): \($0.reason)" }.joined()
        case .unknownDefault(let name, let reason?, _):
            "the default model \"\(name)\" cannot be served: \(reason)"
        case .unknownDefault(let name, nil, let available):
            "there is no model \"\(name)\" to be the default; there are \(available.joined(separator: ", "))"
        }
    }
}
