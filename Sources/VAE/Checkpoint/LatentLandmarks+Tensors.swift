/// In a checkpoint: tensors `landmarks.prototypes` `[K, d]` and `landmarks.directions` `[M, d]`, either of which may be
/// missing, and their names in metadata `landmarks`, JSON: `{"directions": […], "prototypes": […]}`.
extension LatentLandmarks {
    private enum Name {
        static let prototypes = "landmarks.prototypes"
        static let directions = "landmarks.directions"
    }
    private struct Names: Codable {
        var prototypes: [String]?
        var directions: [String]?
    }

    /// Of the metadata.
    static let metadataKey = "landmarks"
    /// All names of tensors that can occur.
    static let tensorNames: Set = [Name.prototypes, Name.directions]

    /// Reads and checks names and tensors; nil when the file has neither.
    init?(_ file: SafetensorsFile, latent: Int) throws(CheckpointError) {
        let present = Self.tensorNames.intersection(file.tensors.keys)
        guard let json = file.metadata[Self.metadataKey] else {
            guard present.isEmpty else {
                throw .content(
                    "metadata \"\(Self.metadataKey)\" is missing; expected the names of \(SafetensorsFile.list(present))"
                )
            }
            return nil
        }
        let names: Names
        do { names = try CanonicalJSON.decode(Names.self, from: json) } catch {
            throw .content("metadata \"\(Self.metadataKey)\": \(describe(error, in: json.utf8))")
        }
        let prototypes = try Self.read(Name.prototypes, names.prototypes ?? [], file, latent: latent)
        let directions = try Self.read(Name.directions, names.directions ?? [], file, latent: latent)
        do throws(ModelError) { try self.init(prototypes: prototypes, directions: directions) } catch {
            throw .content("metadata \"\(Self.metadataKey)\": \(error.detail)")
        }
    }

    /// As many vectors as there are names. The number is checked before anything is allocated.
    private static func read(
        _ tensor: String, _ names: [String], _ file: SafetensorsFile, latent: Int
    ) throws(CheckpointError) -> [LatentLandmark] {
        guard !names.isEmpty || file.tensors[tensor] != nil else { return [] }
        guard !names.isEmpty, names.count <= maximumCount, names.count * latent <= maximumNumbers else {
            throw .content(
                "tensor \"\(tensor)\": expected 1…\(min(maximumCount, maximumNumbers / latent)) names in metadata "
                    + "\"\(metadataKey)\", found \(names.count)")
        }
        let values = try file.floats(tensor, [names.count, latent])
        return names.enumerated().map { index, name in
            LatentLandmark(name: name, vector: Array(values[index * latent..<(index + 1) * latent]))
        }
    }

    /// In the order in which they are written.
    var tensors: [SafetensorsWriter.Tensor] {
        [(Name.prototypes, prototypes), (Name.directions, directions)].compactMap { name, landmarks in
            landmarks.first.map { first in
                SafetensorsWriter.Tensor(
                    name: name, shape: [landmarks.count, first.vector.count],
                    buffer: FloatBuffer(landmarks.flatMap(\.vector)))
            }
        }
    }

    /// The names, as metadata; nil without any.
    func metadata() throws -> String? {
        guard !(prototypes.isEmpty && directions.isEmpty) else { return nil }
        return try CanonicalJSON.string(
            Names(
                prototypes: prototypes.isEmpty ? nil : prototypes.map(\.name),
                directions: directions.isEmpty ? nil : directions.map(\.name)))
    }
}
