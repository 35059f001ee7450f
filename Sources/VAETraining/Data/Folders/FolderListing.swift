internal import Glibc
internal import VAE

/// The PNG and JPEG files below a folder, at any depth, in the order of their names.
///
/// Hidden files and folders are passed over, and `__MACOSX`, where archives keep copies of names without their images.
struct FolderListing {
    private static let maximumDepth = 32
    private static let maximumFiles = 100_000_000

    /// Of the folder.
    let root: String
    /// Sorted by path.
    private(set) var images: [ImageFile] = []
    /// The other files, which are not read.
    private(set) var otherCount = 0
    /// One of them, for messages.
    private(set) var anotherFile: String?

    /// Lists everything below `root`.
    init(root: String) throws(DatasetError) {
        self.root = root
        try list("", depth: 0)
        images.sort { $0.path < $1.path }
    }

    /// The names of the folders in `path`, sorted.
    static func folders(in path: String) throws(DatasetError) -> [String] {
        try entries(of: path).filter { name in
            var status = stat()
            return unsafe stat("\(path)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    /// The names in a folder but for hidden ones, sorted.
    static func entries(of path: String) throws(DatasetError) -> [String] {
        guard let names = FolderNames.all(in: path) else { throw failure(path) }
        return names.filter { !$0.hasPrefix(".") && $0 != "__MACOSX" }.sorted()
    }

    private mutating func list(_ folder: String, depth: Int) throws(DatasetError) {
        guard depth <= Self.maximumDepth else {
            throw .missing(
                "\(root)/\(folder): expected at most \(Self.maximumDepth) folders in each other; is it a link to a "
                    + "folder above?")
        }
        for name in try Self.entries(of: folder.isEmpty ? root : "\(root)/\(folder)") {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            var status = stat()
            guard unsafe stat("\(root)/\(path)", &status) == 0 else { throw Self.failure("\(root)/\(path)") }
            if status.st_mode & S_IFMT == S_IFDIR {
                try list(path, depth: depth + 1)
            } else if Self.isImage(name) {
                guard images.count < Self.maximumFiles else {
                    throw .missing("\(root): expected at most \(Self.maximumFiles) images")
                }
                images.append(ImageFile(path: path, size: Int(status.st_size)))
            } else {
                otherCount += 1
                anotherFile = anotherFile ?? path
            }
        }
    }

    /// By the ending of the name: what the contents are is checked when they are read.
    private static func isImage(_ name: String) -> Bool {
        let lower = name.lowercased()
        return lower.hasSuffix(".png") || lower.hasSuffix(".jpg") || lower.hasSuffix(".jpeg")
    }

    private static func failure(_ path: String) -> DatasetError {
        .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
    }
}
