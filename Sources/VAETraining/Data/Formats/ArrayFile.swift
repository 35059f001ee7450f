/// A `.npy` or `.npz` file as a data set.
struct ArrayFile {
    /// What each part of a data set may be called in a `.npz`, first come first served; case does not matter.
    private static let names: [(part: Part, images: [String], labels: [String])] = [
        (.train, ["x_train", "train", "train_images", "train_x"], ["y_train", "train_labels", "train_y"]),
        (.test, ["x_test", "test", "test_images", "test_x"], ["y_test", "test_labels", "test_y"]),
        (
            .validation, ["x_val", "x_valid", "x_validation", "val", "valid", "validation", "val_images"],
            ["y_val", "y_valid", "y_validation", "val_labels"]
        ),
        (.all, ["images", "imgs", "x", "data", "arr_0"], ["labels", "y", "targets"]),
    ]
    private static let factors = ["latents_classes", "factors"]

    private enum Part { case train, test, validation, all }

    private let path: String
    private let images: NPYImages
    private var notes: [String] = []

    /// Reads the file at `path`, whose bytes are `bytes`; what it is they say.
    static func load(_ path: String, bytes: consuming [UInt8], range: ValueRange?) throws(DatasetError) -> LoadedData {
        var file = ArrayFile(path: path, images: NPYImages(range: range ?? .unit))
        return try file.load(bytes)
    }

    private init(path: String, images: NPYImages) {
        self.path = path
        self.images = images
    }

    private mutating func load(_ bytes: consuming [UInt8]) throws(DatasetError) -> LoadedData {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        let name = last.split(separator: ".").first.map(String.init) ?? last
        guard !bytes.starts(with: NPYHeader.magic) else {
            let array = try NPYArray(bytes: bytes, path: path)
            let all = try images.dataset(array, labels: nil, factors: nil, notes: &notes)
            return LoadedData(name: name, train: all, notes: notes)
        }
        let archive = try ZipArchive(bytes: bytes, path: path)
        let all = try dataset(.all, in: archive, hasFactors: true)
        guard let train = try dataset(.train, in: archive, hasFactors: false) ?? all else { throw nothing(archive) }
        return LoadedData(
            name: name, train: train, test: try dataset(.test, in: archive, hasFactors: false),
            validation: try dataset(.validation, in: archive, hasFactors: false), notes: notes)
    }

    private mutating func dataset(
        _ part: Part, in archive: ZipArchive, hasFactors: Bool
    ) throws(DatasetError) -> (any Dataset)? {
        guard let names = Self.names.first(where: { $0.part == part }) else { return nil }
        var member = find(names.images, in: archive)
        // One array alone needs no name.
        if member == nil && part == .all && archive.members.count == 1 { member = archive.members[0] }
        guard let member else { return nil }
        let array = try array(member, in: archive)
        let count = array.header.extents.first ?? 0
        let labels = try find(names.labels, in: archive).map { (labels) throws(DatasetError) in
            try self.array(labels, in: archive).labels(count: count, of: array.path)
        }
        let factors = try (hasFactors ? find(Self.factors, in: archive) : nil).map { (factors) throws(DatasetError) in
            try self.array(factors, in: archive).factors(count: count, of: array.path)
        }
        return try images.dataset(array, labels: labels, factors: factors, notes: &notes)
    }

    private func array(_ member: ZipArchive.Member, in archive: ZipArchive) throws(DatasetError) -> NPYArray {
        try NPYArray(bytes: try archive.contents(of: member), path: "\(path)(\(member.name))")
    }

    private func find(_ names: [String], in archive: ZipArchive) -> ZipArchive.Member? {
        for name in names {
            if let member = archive.members.first(where: { $0.name.lowercased() == name + ".npy" }) { return member }
        }
        return nil
    }

    private func nothing(_ archive: ZipArchive) -> DatasetError {
        .missing(
            "\(path): expected arrays called x_train and x_test (with labels y_train and y_test), train and test, or "
                + "images; found \(archive.members.prefix(12).map(\.name).joined(separator: ", "))")
    }
}
