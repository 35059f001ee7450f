/// What a run learns from and what it is judged on.
public struct DatasetPair: Sendable {
    /// Name for reports, such as `MNIST`.
    public var name: String
    /// Licence of the data, if known.
    public var license: String?
    /// Of users and items: the id of each number of a row.
    public var items: [String]?
    /// Images to learn from.
    public let train: any Dataset
    /// Images never learned from; of the same shape.
    public let test: any Dataset
    /// Images to choose settings by, and the moment to stop: neither learned from nor tested on.
    public let validation: (any Dataset)?
    /// Of users and items: whom to recommend for when settings are chosen; the users of `validation`.
    public var validationUsers: HeldOutUsers?
    /// What the numbers of the labels stand for, if the data say so.
    public var classNames: [String]?
    /// What the user should know about how the data were read, a line each.
    public var notes: [String]

    /// Puts sets together; they must have images of one shape.
    public init(
        name: String, license: String?, train: any Dataset, test: any Dataset, validation: (any Dataset)? = nil,
        classNames: [String]? = nil, notes: [String] = []
    ) throws(DatasetError) {
        for (other, kind) in [(test, "test"), (validation ?? train, "validation")] where other.shape != train.shape {
            throw .mismatch(
                "\(name): \(kind) images should be \(train.shape) like the training images; they are \(other.shape)")
        }
        self.validation = validation
        self.classNames = classNames
        self.notes = notes
        self.name = name
        self.license = license
        self.train = train
        self.test = test
    }

    /// Number of classes of the labels; `nil` unless all images have one.
    public var classCount: Int? {
        guard let train = train.labels?.max(), let test = test.labels?.max() else { return nil }
        return max(classNames?.count ?? 0, Int(max(train, test, validation?.labels?.max() ?? 0)) + 1)
    }

    /// Finds the four files of MNIST and its successors (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, …, each
    /// plain or with `.gz`) in a folder. Labels may be missing; if they are there they must fit.
    public init(directory: String) throws(DatasetError) {
        func find(_ name: String) -> String? {
            let folder = directory.hasSuffix("/") ? directory : directory + "/"
            // The dot in place of the last hyphen is how some archives unpack.
            let dotted = name.replacing("-idx", with: ".idx")
            return [name, name + ".gz", dotted, dotted + ".gz"].map { folder + $0 }.first(where: DataFile.exists)
        }
        func load(_ prefix: String) throws(DatasetError) -> ImageDataset {
            guard let images = find("\(prefix)-images-idx3-ubyte") else {
                throw .missing(
                    "\(directory): expected \(prefix)-images-idx3-ubyte or \(prefix)-images-idx3-ubyte.gz; "
                        + (DataFile.exists(directory) ? "it is not there" : "there is no such folder"))
            }
            return try ImageDataset(idxImages: images, idxLabels: find("\(prefix)-labels-idx1-ubyte"))
        }
        let (name, license) = Self.guess(directory)
        let (train, test) = (try load("train"), try load("t10k"))
        try self.init(
            name: name, license: license, train: train, test: test,
            classNames: name == Self.fashion && train.labels != nil ? Self.garments : nil)
    }

    private static let fashion = "Fashion-MNIST"
    /// What the labels of Fashion-MNIST stand for (Xiao et al. 2017, arXiv 1708.07747).
    private static let garments = [
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ]

    /// Name and licence of the data sets everyone uses, by the name of their folder; else the name alone.
    static func guess(_ directory: String) -> (name: String, license: String?) {
        let last = directory.split(separator: "/").last.map(String.init) ?? directory
        let key = last.lowercased().filter(\.isLetter)
        switch key {
        case "mnist": return ("MNIST", "CC BY-SA 3.0")
        case "fashion", "fashionmnist": return (fashion, "MIT")
        default: return (last, nil)
        }
    }
}
