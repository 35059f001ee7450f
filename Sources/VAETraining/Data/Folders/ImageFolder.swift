internal import Synchronization
internal import VAE

/// A folder of PNG and JPEG files as a data set.
///
/// With the folders `train` and `test` (and perhaps `validation`) each is a set of its own; else all images are one. Within
/// a set the folders, if there are any, are the classes. Images are numbered in an order that is mixed once and for all,
/// so that the first of them are of every class.
struct ImageFolder {
    private static let seed: UInt64 = 1
    private static let orderDraw: UInt32 = 2
    private static let maximumClasses = 256
    private static let kinds = [
        "train": ["train", "training"], "test": ["test", "testing"], "validation": ["validation", "valid", "val"],
    ]

    private let path: String
    private let settings: DataSettings
    private var notes: [String] = []

    /// Reads what lies in the folder `path`.
    static func load(_ path: String, settings: DataSettings) throws(DatasetError) -> LoadedData {
        var folder = ImageFolder(path: path, settings: settings)
        return try folder.load()
    }

    private init(path: String, settings: DataSettings) {
        self.path = path
        self.settings = settings
    }

    private mutating func load() throws(DatasetError) -> LoadedData {
        let listings = try list()
        guard let train = listings["train"] else { throw .missing("\(path): expected a folder train beside test") }
        let sets = [listings["validation"], listings["test"], train].compactMap { $0 }
        let classNames = classes(of: sets)
        let (shape, isResizing) = try shape(of: sets)
        let mebibytes = settings.imageMemory ?? DataSettings.defaultImageMemory
        var memory = mebibytes << 20
        var loaded: [String: any Dataset] = [:]
        // The training images last: the others are read as often, are fewer, and so are the first to be kept.
        for kind in ["validation", "test", "train"] {
            guard let listing = listings[kind] else { continue }
            let bytes = listing.images.count * shape.elementCount
            let isKept = bytes <= memory
            if isKept { memory -= bytes }
            if !isKept && kind == "train" {
                notes.append(
                    "\(path): \(bytes >> 20) MiB of decoded images are more than --image-memory (\(mebibytes)) allows: "
                        + "they are decoded anew in every epoch")
            }
            loaded[kind] = try dataset(
                listing, classNames: classNames, shape: shape, isResizing: isResizing, isKept: isKept)
        }
        guard let images = loaded["train"] else { throw .missing("\(path): expected images") }
        let (name, license) = DatasetPair.guess(path)
        return LoadedData(
            name: name, license: license, train: images, test: loaded["test"], validation: loaded["validation"],
            classNames: classNames, notes: notes, isConverted: true)
    }

    /// The files of each kind of set.
    private func list() throws(DatasetError) -> [String: FolderListing] {
        let folders = try FolderListing.folders(in: path)
        var listings: [String: FolderListing] = [:]
        for (kind, names) in Self.kinds {
            guard let name = folders.first(where: { names.contains($0.lowercased()) }) else { continue }
            listings[kind] = try FolderListing(root: "\(path)/\(name)")
        }
        guard listings["train"] != nil || listings["test"] != nil else {
            let all = try FolderListing(root: path)
            try Self.requireImages(all)
            return ["train": all]
        }
        for listing in listings.values { try Self.requireImages(listing) }
        return listings
    }

    private static func requireImages(_ listing: FolderListing) throws(DatasetError) {
        guard listing.images.isEmpty else { return }
        let found =
            listing.anotherFile.map { "\(listing.otherCount) other files, such as \($0)" } ?? "an empty folder"
        throw .missing(
            "\(listing.root): expected .png, .jpg or .jpeg files, or the files of MNIST (train-images-idx3-ubyte) or "
                + "CIFAR-10 (data_batch_1.bin); found \(found)")
    }

    /// The names of the classes: the uppermost folders, if every image lies in one and there are at least two.
    private mutating func classes(of listings: [FolderListing]) -> [String]? {
        var names: Set<Substring> = []
        for listing in listings {
            for image in listing.images {
                guard let folder = image.topFolder else { return nil }
                names.insert(folder)
            }
        }
        if names.count > Self.maximumClasses {
            notes.append(
                "\(path): \(names.count) folders are more classes than the \(Self.maximumClasses) that labels can tell "
                    + "apart: the images have no labels")
        }
        return (2...Self.maximumClasses).contains(names.count) ? names.sorted().map(String.init) : nil
    }

    private func shape(of listings: [FolderListing]) throws(DatasetError) -> (Shape, isResizing: Bool) {
        let paths = listings.flatMap { listing in listing.images.map { "\(listing.root)/\($0.path)" } }
        let survey = try FolderSurvey(paths: paths, skipsBad: settings.skipsBadImages)
        let channels = settings.colour?.channels ?? (survey.hasColour ? 3 : 1)
        if let crop = settings.crop {
            guard FolderSurvey.side(survey.smallest.header) >= crop else {
                throw .option(
                    "--crop \(crop): expected images of at least \(crop)×\(crop) pixels; "
                        + FolderSurvey.describe(survey.smallest))
            }
            let size = settings.imageSize ?? ImageSize(width: crop, height: crop)
            return ([channels, size.height, size.width], true)
        }
        if let size = settings.imageSize { return ([channels, size.height, size.width], true) }
        guard let size = survey.commonSize else {
            throw .mismatch(
                "\(path): expected images of one size: \(survey.difference ?? ""); --image-size 64 brings all to one "
                    + "size, --crop cuts a square out of the middle first")
        }
        guard size.width <= ImageSize.sides.upperBound, size.height <= ImageSize.sides.upperBound else {
            throw .mismatch(
                "\(path): images of \(size.width)×\(size.height) pixels are more than a model can take; give "
                    + "--image-size, such as 64")
        }
        return ([channels, size.height, size.width], false)
    }

    private mutating func dataset(
        _ listing: FolderListing, classNames: [String]?, shape: Shape, isResizing: Bool, isKept: Bool
    ) throws(DatasetError) -> any Dataset {
        let order = RandomStream(seed: Self.seed, domain: .split, draw: Self.orderDraw)
            .permutation(count: listing.images.count)
        let files = order.map { listing.images[Int($0)] }
        let numbers = classNames.map { names in
            Dictionary(uniqueKeysWithValues: zip(names.map { $0[...] }, UInt8.min...UInt8.max))
        }
        let labels = numbers.map { numbers in files.map { $0.topFolder.flatMap { numbers[$0] } ?? 0 } }
        let dataset = try FolderDataset(
            root: listing.root, files: files, labels: labels, shape: shape, crop: settings.crop,
            isResizing: isResizing, isKept: isKept)
        return settings.skipsBadImages ? try withoutBadImages(dataset) : dataset
    }

    /// Decodes every image once, and leaves out those that cannot be.
    private mutating func withoutBadImages(_ dataset: FolderDataset) throws(DatasetError) -> any Dataset {
        let bad = BadImages()
        let shares = min(256, dataset.count)
        try ParallelReading.forEach(shares) { (share) throws(DatasetError) in
            let buffer = FloatBuffer(scratch: dataset.shape.elementCount)
            for index in dataset.count * share / shares..<dataset.count * (share + 1) / shares {
                do throws(DatasetError) {
                    try unsafe dataset.gather([UInt32(index)], rows: 1, into: buffer.base)
                } catch {
                    guard case .unreadable = error else { throw error }
                    bad.add(UInt32(index), error)
                }
            }
        }
        let found = bad.sorted
        guard let first = found.first else { return dataset }
        guard found.count < dataset.count else {
            throw .missing("none of \(dataset.count) images could be read: \(first.error)")
        }
        notes.append(
            "\(found.count) of \(dataset.count) images cannot be read and are left out, such as \(first.error)")
        for (index, _) in found { dataset.leaveOut(index) }
        let left = Set(found.map(\.index))
        return DatasetSubset(of: dataset, (0..<UInt32(dataset.count)).filter { !left.contains($0) })
    }

    /// A list that threads add to.
    private final class BadImages: Sendable {
        private let list = Mutex<[(index: UInt32, error: DatasetError)]>([])
        func add(_ index: UInt32, _ error: DatasetError) { list.withLock { $0.append((index, error)) } }
        var sorted: [(index: UInt32, error: DatasetError)] { list.withLock { $0.sorted { $0.index < $1.index } } }
    }
}
