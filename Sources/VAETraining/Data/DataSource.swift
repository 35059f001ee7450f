/// Opens whatever `--data` names.
public enum DataSource {
    /// Reads, converts and splits the data that `settings` name.
    ///
    /// A folder may hold the IDX files of MNIST and its successors, the binary files of CIFAR-10 or CIFAR-100, or images (PNG, JPEG);
    /// a file may be `.npy` or `.npz`, or lines of users and items; `shapes:64` draws.
    public static func open(_ settings: DataSettings) throws(DatasetError) -> DatasetPair {
        try settings.validate()
        if let source = settings.source, InteractionSource.isNamed(by: source) {
            return try InteractionSource.load(source, settings: settings).datasets()
        }
        guard settings.interactions == InteractionSettings() else {
            throw .option(
                settings.interactions.words.joined(separator: " ")
                    + ": is for users and items only; leave it out, or give --data ratings.csv")
        }
        var data = try load(settings)
        if !data.isConverted {
            let conversion = ImageConversion(settings)
            data.train = try conversion.apply(to: data.train)
            if let test = data.test { data.test = try conversion.apply(to: test) }
            if let validation = data.validation { data.validation = try conversion.apply(to: validation) }
        }
        return try split(data, settings)
    }

    private static func load(_ settings: DataSettings) throws(DatasetError) -> LoadedData {
        if let range = settings.valueRange, settings.source.map(isArrayFile) != true {
            throw .option("--value-range \(range): is for the floats of .npy and .npz files only")
        }
        guard let source = settings.source else { return loaded(try ProceduralShapes.pair()) }
        if let side = try ProceduralShapes.side(named: source) {
            return loaded(try ProceduralShapes.pair(side: side))
        }
        guard DataFile.exists(source) else {
            throw .missing(
                "\(source): expected a folder, a .npy or .npz file, a file of users and items such as ratings.csv, "
                    + "or shapes:64; there is no such file")
        }
        return DataFile.isFolder(source) ? try folder(source, settings) : try file(source, settings)
    }

    private static func folder(_ source: String, _ settings: DataSettings) throws(DatasetError) -> LoadedData {
        let path = source.count > 1 && source.hasSuffix("/") ? String(source.dropLast()) : source
        let names = try FolderListing.entries(of: path)
        if names.contains(where: { isIDX($0) }) { return loaded(try DatasetPair(directory: path)) }
        if let cifar = CIFARFolder(names) { return try cifar.load(path) }
        // As they unpack.
        for inner in ["cifar-10-batches-bin", "cifar-100-binary"] where names.contains(inner) {
            return try folder("\(path)/\(inner)", settings)
        }
        if names.contains("data_batch_1") {
            throw .missing(
                "\(path): these are Python's pickles of CIFAR-10, which may run code when they are read; expected the "
                    + "binary version (data_batch_1.bin)")
        }
        return try ImageFolder.load(path, settings: settings)
    }

    private static func isIDX(_ name: String) -> Bool {
        ["train-", "t10k-"].contains { name.hasPrefix($0) } && name.contains("idx")
    }

    private static func file(_ path: String, _ settings: DataSettings) throws(DatasetError) -> LoadedData {
        let isTable = isArrayFile(path)
        if isTable, let streamed = try streamed(path, settings) { return streamed }
        let bytes = try DataFile.contents(path, first: isTable ? nil : 262)
        if bytes.starts(with: NPYHeader.magic) || (isTable && bytes.starts(with: [0x50, 0x4b])) {
            return try ArrayFile.load(
                path, bytes: isTable ? bytes : try DataFile.contents(path), range: settings.valueRange)
        }
        let isArchive =
            bytes.starts(with: [0x50, 0x4b]) || bytes.starts(with: [0x1f, 0x8b])
            || bytes.dropFirst(257).starts(with: "ustar".utf8)
        if isArchive {
            throw .missing("\(path): is an archive; unpack it, and give the folder to --data")
        }
        throw .format(
            path: path, offset: 0, expected: "a .npy or .npz file, or a folder",
            found: "bytes that begin \(HexText.of(bytes.prefix(6)))")
    }

    /// A `.npy` file with more bytes than are to be kept in memory; nil for anything else.
    private static func streamed(_ path: String, _ settings: DataSettings) throws(DatasetError) -> LoadedData? {
        let file = try RandomAccessFile(path: path)
        let room = (settings.imageMemory ?? DataSettings.defaultImageMemory) << 20
        let magic = NPYHeader.magic
        guard file.size > max(room, magic.count), try file.read(at: 0, count: magic.count) == magic else { return nil }
        guard settings.imageSize == nil, settings.crop == nil, settings.colour == nil else {
            throw .option(
                "--image-size, --crop, --colour: \(path) has \(file.size) bytes, more than --image-memory \(room >> 20) "
                    + "MiB, and is read as it is; convert it before, or give it more --image-memory")
        }
        var notes: [String] = []
        let all = try StreamedArray(file, range: settings.valueRange ?? .unit, notes: &notes)
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return LoadedData(
            name: last.split(separator: ".").first.map(String.init) ?? last, train: all, notes: notes, isConverted: true
        )
    }

    private static func isArrayFile(_ path: String) -> Bool {
        let lower = path.lowercased()
        return lower.hasSuffix(".npy") || lower.hasSuffix(".npz")
    }

    private static func loaded(_ pair: DatasetPair) -> LoadedData {
        LoadedData(
            name: pair.name, license: pair.license, train: pair.train, test: pair.test, classNames: pair.classNames)
    }

    /// Makes test and validation sets where the data have none, and shortens what is learned from.
    private static func split(_ data: LoadedData, _ settings: DataSettings) throws(DatasetError) -> DatasetPair {
        var (train, test, validation) = (data.train, data.test, data.validation)
        if let fraction = settings.testFraction, test != nil {
            throw .option("--test-fraction \(fraction): \(data.name) comes with a test set; leave the flag out")
        }
        if test == nil {
            guard train.count >= 2 else {
                throw .mismatch("\(data.name): expected at least 2 examples, one of them to test on; found 1")
            }
            let fraction = settings.testFraction ?? DataSettings.defaultTestFraction
            let wanted = Int((Double(train.count) * fraction).rounded())
            let halves = HeldOut(min(max(wanted, 1), train.count - 1), of: train, for: .test)
            (train, test) = (halves.rest, halves.held)
        }
        if let count = settings.validation {
            guard count < train.count else {
                throw .option(
                    "--validation \(count): expected fewer than the \(train.count) training examples")
            }
            let halves = HeldOut(count, of: train, for: .validation)
            (train, validation) = (halves.rest, halves.held)
        }
        if let limit = settings.limit, limit < train.count {
            train = DatasetSubset(of: train, Array(0..<UInt32(limit)))
        }
        return try DatasetPair(
            name: data.name, license: data.license, train: train, test: test ?? train, validation: validation,
            classNames: data.classNames, notes: data.notes)
    }
}
