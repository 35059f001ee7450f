/// A trained model as a file: configuration, weights, and how it was trained.
///
/// The file is safetensors with `__metadata__` strings `format` = `vae-checkpoint`, `version`, `config` (JSON),
/// `training` (JSON), `evaluation` (JSON), `license` and perhaps `items` and `landmarks` (JSON); its tensors are float32
/// under their PyTorch `state_dict` names, and perhaps those of an `AggregatePosterior` and of `LatentLandmarks` beside
/// them. Metadata under other names is kept.
public struct Checkpoint: Sendable {
    /// `format` in the metadata.
    public static let format = "vae-checkpoint"
    /// The newest `version` this code reads, and the one it writes.
    public static let version = 1
    /// The most floats accepted: 1 Gi, 4 GiB.
    public static let maximumParameters = 1 << 30

    /// The most ids of items that go into a file; a model of more is known by numbers.
    public static let maximumItems = ItemVocabulary.maximumCount

    /// The checked configuration.
    public let architecture: VAEArchitecture
    /// Arena in the order of `architecture.layout`.
    public let parameters: FloatBuffer
    /// Empty for files that do not say.
    public var training: TrainingRecord
    /// SPDX name, if given.
    public var license: String?
    /// Of a model that recommends: the id of each number of a row, if the file says.
    public var items: [String]?
    /// What has been measured; nil until it was.
    public var evaluation: EvaluationRecord?
    /// Where the codes of the training images lie; nil until it was measured.
    public var aggregate: AggregatePosterior?
    /// Prototypes of classes and named directions; nil without labelled data.
    public var landmarks: LatentLandmarks?
    /// As it was read: what did not change is written as it was, other people's notes included.
    private let source: (metadata: [String: String], training: TrainingRecord)?

    /// Wraps what the trainer has.
    public init(architecture: VAEArchitecture, parameters: FloatBuffer, training: TrainingRecord, license: String?) {
        self.architecture = architecture
        self.parameters = parameters
        self.training = training
        self.license = license
        source = nil
    }

    /// Reads and checks the file at `path`: structure, metadata, architecture, every tensor's type, shape and values.
    public init(path: String) throws(CheckpointError) {
        let file = try SafetensorsFile(path: path)
        try self.init(file)
    }

    /// The same from a file already opened. Tensors under names the architecture does not have are refused unless
    /// `ignoringPrefix` covers them.
    public init(_ file: SafetensorsFile, ignoringPrefix: String? = nil) throws(CheckpointError) {
        func metadata(_ key: String) throws(CheckpointError) -> String {
            guard let value = file.metadata[key] else {
                throw .content("metadata \"\(key)\" is missing; found \(SafetensorsFile.list(file.metadata.keys))")
            }
            return value
        }
        let format = try metadata("format")
        guard format == Self.format else {
            throw .content("metadata \"format\" should be \"\(Self.format)\"; it is \"\(format)\"")
        }
        let version = try metadata("version")
        guard let number = Int(version), (1...Self.version).contains(number) else {
            throw .content("version should be 1…\(Self.version); it is \"\(version)\"")
        }
        architecture = try Self.architecture(json: try metadata("config"))
        let layout = architecture.layout
        let expected = Set(layout.entries.map(\.name))
        let unknown = file.tensors.keys.filter { name in
            !expected.contains(name) && !AggregatePosterior.tensorNames.contains(name)
                && !LatentLandmarks.tensorNames.contains(name) && !(ignoringPrefix.map(name.hasPrefix) ?? false)
        }
        guard unknown.isEmpty else {
            let missing = expected.subtracting(file.tensors.keys)
            throw .content(
                "tensors that the configuration does not have: \(SafetensorsFile.list(unknown)); "
                    + "of those it has are missing: \(SafetensorsFile.list(missing))")
        }
        try Self.checkShapes(of: layout, in: file)
        parameters = FloatBuffer(count: layout.count)
        for entry in layout.entries {
            try unsafe file.copyFloats(entry.name, shape: entry.shape, to: parameters.base + entry.offset)
        }
        guard parameters.isFinite else { throw .content(Self.firstNonFinite(parameters, layout)) }
        func record<Record: Decodable>(_ key: String) throws(CheckpointError) -> Record? {
            guard let json = file.metadata[key] else { return nil }
            do { return try CanonicalJSON.decode(Record.self, from: json) } catch {
                throw .content("metadata \"\(key)\": \(describe(error, in: json.utf8))")
            }
        }
        let training: TrainingRecord = try record("training") ?? TrainingRecord()
        self.training = training
        evaluation = try record("evaluation")
        try evaluation?.scores?.check()
        aggregate = try AggregatePosterior(file, architecture: architecture)
        landmarks = try LatentLandmarks(file, latent: architecture.latent)
        license = file.metadata["license"]
        if let json = file.metadata["items"] {
            items = try ItemVocabulary.decode(json, count: architecture.inputCount)
        }
        source = (file.metadata, training)
    }

    /// Writes the file atomically.
    public func write(to path: String) throws(CheckpointError) {
        try SafetensorsWriter.write(tensors, metadata: try metadata(), to: path)
    }

    /// The weights under their names, and the tensors of what was measured.
    public var tensors: [SafetensorsWriter.Tensor] {
        let weights = architecture.layout.entries.map {
            SafetensorsWriter.Tensor(
                name: $0.name, shape: $0.shape.extents, buffer: parameters, offset: $0.offset)
        }
        return weights + (aggregate?.tensors(architecture) ?? []) + (landmarks?.tensors ?? [])
    }

    /// What goes into `__metadata__`.
    public func metadata() throws(CheckpointError) -> [String: String] {
        if let items { try ItemVocabulary.check(items, count: architecture.inputCount) }
        do {
            var metadata =
                try source?.metadata ?? [
                    "format": Self.format, "version": String(Self.version),
                    "config": CanonicalJSON.string(architecture.configuration),
                ]
            if training != source?.training { metadata["training"] = try CanonicalJSON.string(training) }
            metadata["evaluation"] = try evaluation.map(CanonicalJSON.string)
            metadata["license"] = license
            metadata["items"] = try items.map(CanonicalJSON.string)
            metadata[LatentLandmarks.metadataKey] = try landmarks?.metadata()
            return metadata
        } catch { throw .content("metadata cannot be written as JSON: \(error)") }
    }

    /// What metadata `config`, or a file of the same JSON, describes; errors begin with `source`.
    public static func architecture(
        json: String, source: String = "metadata \"config\""
    ) throws(CheckpointError) -> VAEArchitecture {
        do {
            let architecture = try VAEArchitecture(try CanonicalJSON.decode(ModelConfiguration.self, from: json))
            let count = architecture.layout.count
            guard count <= maximumParameters else {
                throw ModelError.configuration(
                    "the model has \(count) parameters; at most \(maximumParameters) are accepted")
            }
            return architecture
        } catch let error as ModelError {
            throw .content("\(source): \(error.detail)")
        } catch { throw .content("\(source): \(describe(error, in: json.utf8))") }
    }

    /// Before the arena is allocated, so that a configuration cannot ask for more memory than the file has data.
    private static func checkShapes(of layout: ParameterLayout, in file: SafetensorsFile) throws(CheckpointError) {
        for entry in layout.entries { try file.check(entry.name, shape: entry.shape) }
    }

    private static func firstNonFinite(_ parameters: FloatBuffer, _ layout: ParameterLayout) -> String {
        for entry in layout.entries {
            for index in 0..<entry.count where !parameters[entry.offset + index].isFinite {
                let value = parameters[entry.offset + index]
                return "tensor \"\(entry.name)\", element \(index), is \(value); expected a finite number"
            }
        }
        return "a weight is not finite"
    }
}
