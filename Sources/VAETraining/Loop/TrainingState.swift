internal import VAE

/// Weights, optimiser and position of a run, and their file.
///
/// The file is a checkpoint of the weights so far, with what the optimiser remembers as further tensors under
/// `optimiser.`, and the position in the metadata `resume`.
struct TrainingState {
    let architecture: VAEArchitecture
    let weights: TrainedWeights
    let settings: TrainingSettings
    /// Of the training and the test images.
    let fingerprints: [String]
    var position: TrainingPosition

    static let prefix = "optimiser."
    private static let metadataKey = "resume"

    private struct Saved: Codable {
        var settings: TrainingSettings
        var position: TrainingPosition
        var fingerprints: [String]
    }

    /// The start of a run, with fresh weights.
    init(settings: TrainingSettings, data: DatasetPair) throws(TrainingError) {
        let configuration = try settings.configuration(for: data.train)
        do throws(ModelError) { architecture = try VAEArchitecture(configuration) } catch { throw .model(error) }
        weights = TrainedWeights(architecture, settings: settings)
        self.settings = settings
        fingerprints = Self.fingerprints(data)
        position = TrainingPosition()
        let meanPixels: [Double]
        do throws(DatasetError) { meanPixels = try data.train.meanPixels() } catch { throw .data(error) }
        settings.initialWeights.fill(
            weights.parameters, architecture: architecture, seed: settings.seed, meanPixels: meanPixels)
        if let start = settings.startFrom { try Self.copy(start, into: weights.parameters, of: architecture) }
        weights.average?.copy(from: weights.parameters)
    }

    /// Fine-tuning: begins with the weights of another checkpoint of the same layers.
    private static func copy(
        _ path: String, into parameters: FloatBuffer, of architecture: VAEArchitecture
    ) throws(TrainingError) {
        let start: Checkpoint
        do throws(TrainingError) { start = try CheckpointFile(path: path).checkpoint } catch {
            throw .setting("--start-from \(error)")
        }
        // A classifier takes the encoder of an autoencoder, and begins a decoder of its own.
        let encoderOnly = architecture.configuration.predictedClasses != nil
        for entry in architecture.layout.entries where !(encoderOnly && entry.name.hasPrefix("decoder.")) {
            guard
                let source = start.architecture.layout.entries.first(where: {
                    $0.name == entry.name && $0.shape == entry.shape
                })
            else {
                throw .setting(
                    "--start-from \(path): expected \(entry.name) \(entry.shape), which it does not have; its layers are "
                        + "not those of this run, so give the flags it was made with")
            }
            unsafe (parameters.base + entry.offset).update(
                from: start.parameters.base + source.offset, count: entry.count)
        }
    }

    /// The state that a run with output `output` left behind.
    init(resuming output: String) throws(TrainingError) {
        let path = TrainingSettings(data: nil, output: output).resumePath
        do throws(CheckpointError) {
            let file = try SafetensorsFile(path: path)
            let checkpoint = try Checkpoint(file, ignoringPrefix: Self.prefix)
            guard let json = file.metadata[Self.metadataKey] else {
                throw .content("metadata \"\(Self.metadataKey)\" is missing: expected a file of an interrupted run")
            }
            var saved: Saved
            do { saved = try CanonicalJSON.decode(Saved.self, from: json) } catch {
                throw .content("metadata \"\(Self.metadataKey)\": \(error)")
            }
            architecture = checkpoint.architecture
            // The folder may have moved, or be named from another one.
            saved.settings.output = output
            settings = saved.settings
            position = saved.position
            fingerprints = saved.fingerprints
            weights = TrainedWeights(architecture, settings: settings)
            weights.parameters.copy(from: checkpoint.parameters)
            for (name, buffer) in weights.memory {
                for entry in architecture.layout.entries {
                    try unsafe file.copyFloats(
                        "\(Self.prefix)\(name).\(entry.name)", shape: entry.shape, to: buffer.base + entry.offset)
                }
                guard buffer.isFinite else { throw .content("the optimiser's \(name) is not finite") }
            }
        } catch CheckpointError.file(_, let reason) where !DataFile.exists(path) {
            throw .setting(
                "--resume: \(path): \(reason); a finished run leaves nothing to resume; start a run without --resume")
        } catch { throw .setting("--resume: \(path): \(error); start a run without --resume") }
        try settings.validate()
        guard position.epoch >= 0, position.epoch <= settings.epochs, position.image >= 0, position.terms.isFinite
        else {
            throw .setting("--resume: \(path): epoch \(position.epoch), image \(position.image) is no place in the run")
        }
    }

    /// How far the run has come that `file`, at `path`, is the state of; nil for a checkpoint.
    static func interruption(_ file: SafetensorsFile, path: String) throws(CheckpointError) -> String? {
        guard let json = file.metadata[metadataKey] else { return nil }
        var saved: Saved
        do { saved = try CanonicalJSON.decode(Saved.self, from: json) } catch {
            throw .content("metadata \"\(metadataKey)\": \(error)")
        }
        let suffix = ".resume" + TrainingSettings.suffix
        if path.hasSuffix(suffix) { saved.settings.output = path.dropLast(suffix.count) + TrainingSettings.suffix }
        return "of a run that is not over: \(saved.position.epoch) of \(saved.settings.epochs) epochs are done, "
            + "\(saved.position.step) steps; to go on: \(saved.settings.resumeCommand)"
    }

    /// Refuses to go on with other images than the run began with.
    func check(_ data: DatasetPair) throws(TrainingError) {
        guard Self.fingerprints(data) == fingerprints, position.image <= data.train.count else {
            throw .setting(
                "--resume: the images are not those this run began with (\(fingerprints.joined(separator: " ")) expected, "
                    + "\(Self.fingerprints(data).joined(separator: " ")) found); give the same --data")
        }
    }

    /// Keeps everything in the run's resume file, atomically.
    func save() throws(CheckpointError) {
        let checkpoint = Checkpoint(
            architecture: architecture, parameters: weights.parameters, training: TrainingRecord(), license: nil)
        var tensors = checkpoint.tensors
        for (name, buffer) in weights.memory {
            tensors += architecture.layout.entries.map {
                SafetensorsWriter.Tensor(
                    name: "\(Self.prefix)\(name).\($0.name)", shape: $0.shape.extents, buffer: buffer,
                    offset: $0.offset)
            }
        }
        var metadata = try checkpoint.metadata()
        let saved = Saved(settings: settings, position: position, fingerprints: fingerprints)
        do { metadata[Self.metadataKey] = try CanonicalJSON.string(saved) } catch {
            throw .content("the position cannot be written as JSON: \(error)")
        }
        try SafetensorsWriter.write(tensors, metadata: metadata, to: settings.resumePath)
    }

    private static func fingerprints(_ data: DatasetPair) -> [String] {
        [data.train, data.test].map { String($0.fingerprint, radix: 16) }
    }
}
