public import VAE

/// A PyTorch `state_dict`, saved with safetensors, as a checkpoint: its tensors under the names of a configuration, and
/// in float32.
public struct StateDictImport {
    /// What the checkpoint is made of.
    public let checkpoint: Checkpoint
    /// Types of the file's tensors: `F16`, `F32`, ….
    public let dataTypes: [String]
    /// A configuration is a page of JSON; more is something else.
    private static let maximumConfiguration = 1 << 24

    /// Reads the `state_dict` at `path`. `configuration` is a file with the JSON of metadata `config`; without one the
    /// state_dict must have that metadata itself.
    public init(
        path: String, configuration: String?, renames: TensorRenames, license: String? = nil
    ) throws(TrainingError) {
        let file: SafetensorsFile
        do throws(CheckpointError) { file = try SafetensorsFile(path: path) } catch {
            throw Self.failure(error, in: path)
        }
        let architecture = try Self.architecture(configuration, orIn: file, path)
        let layout = architecture.layout
        let names = try renames.apply(to: file.tensors.keys)
        if let mismatch = TensorMismatch(layout, names, in: file) { throw .setting("\(path): \(mismatch.description)") }
        let parameters = FloatBuffer(count: layout.count)
        for entry in layout.entries {
            guard let name = names[entry.name] else { continue }
            do throws(CheckpointError) {
                try unsafe file.copyConverted(name, shape: entry.shape, to: parameters.base + entry.offset)
            } catch { throw Self.failure(error, in: path) }
            for index in entry.offset..<entry.offset + entry.count where !parameters[index].isFinite {
                throw .setting(
                    "\(path): tensor \"\(name)\", element \(index - entry.offset), is \(parameters[index]) as float32; "
                        + "expected a finite number")
            }
        }
        dataTypes = Set(file.tensors.values.map(\.dataType)).sorted()
        checkpoint = Checkpoint(
            architecture: architecture, parameters: parameters, training: TrainingRecord(), license: license)
    }

    /// Throws unless `output` is a name under which the service finds a checkpoint.
    public static func validate(output: String) throws(TrainingError) {
        let name = output.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard name.hasSuffix(TrainingSettings.suffix), name != TrainingSettings.suffix else {
            throw .setting("--out \(output): expected a name that ends in \(TrainingSettings.suffix)")
        }
    }

    /// Creates the folder of `output` if it is missing, and makes sure that a file can be written there.
    public static func prepare(output: String) throws(TrainingError) { try OutputFiles.prepare(output) }

    private static func architecture(
        _ configuration: String?, orIn file: SafetensorsFile, _ path: String
    ) throws(TrainingError) -> VAEArchitecture {
        let json: String
        if let configuration {
            let bytes: [UInt8]
            do throws(DatasetError) { bytes = try DataFile.read(configuration) } catch {
                throw .setting("--config \(error)")
            }
            guard bytes.count <= maximumConfiguration, let text = String(validating: bytes, as: UTF8.self) else {
                throw .setting("--config \(configuration): expected at most 16 MiB of JSON in UTF-8")
            }
            json = text
        } else if let text = file.metadata["config"] {
            json = text
        } else {
            throw .setting("\(path) has no metadata \"config\"; say what it is with --config FILE.json")
        }
        let source = configuration.map { "--config \($0)" } ?? "\(path), metadata \"config\""
        do throws(CheckpointError) { return try Checkpoint.architecture(json: json, source: source) } catch {
            guard case .content(let detail) = error else { throw .checkpoint(error) }
            throw .setting(detail)
        }
    }

    /// Names the file, which most of these errors do not.
    static func failure(_ error: CheckpointError, in path: String) -> TrainingError {
        if case .file = error { return .checkpoint(error) }
        if case .content(let detail) = error { return .setting("\(path): \(detail)") }
        return .setting("\(path): \(error)")
    }
}
