internal import VAE

/// The binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009): records of labels and 3 × 32 × 32 bytes, red, green,
/// blue. Of CIFAR-100's two labels the second, fine one is read.
struct CIFARFolder {
    /// For reports.
    private let name: String
    private let classes: Int
    /// Bytes of a record before its pixels; the last of them is the label.
    private let labelBytes: Int
    private let trainingFiles: [String]
    private let testFile: String?
    private let namesFile: String?

    private var recordSize: Int { labelBytes + 3 * 32 * 32 }

    /// What lies in a folder with the files `names`; nil if it is neither of the two.
    init?(_ names: [String]) {
        func first(_ name: String) -> String? { names.contains(name) ? name : nil }
        let batches = names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") }.sorted()
        if !batches.isEmpty || first("test_batch.bin") != nil {
            (name, classes, labelBytes) = ("CIFAR-10", 10, 1)
            (trainingFiles, testFile) = (batches, first("test_batch.bin"))
            namesFile = first("batches.meta.txt")
        } else if let train = first("train.bin") {
            (name, classes, labelBytes) = ("CIFAR-100", 100, 2)
            (trainingFiles, testFile) = ([train], first("test.bin"))
            namesFile = first("fine_label_names.txt")
        } else {
            return nil
        }
    }

    /// Reads the images to learn from, and those to test on if they are there, from the folder `path`.
    func load(_ path: String) throws(DatasetError) -> LoadedData {
        guard !trainingFiles.isEmpty else {
            throw .missing("\(path): expected data_batch_1.bin and its companions beside test_batch.bin; none is there")
        }
        let train = try dataset(trainingFiles.map { "\(path)/\($0)" })
        var loaded = LoadedData(name: name, license: nil, train: train)
        if let testFile { loaded.test = try dataset(["\(path)/\(testFile)"]) }
        if let namesFile {
            let text = String(decoding: try DataFile.read("\(path)/\(namesFile)"), as: UTF8.self)
            let lines = text.split(whereSeparator: \.isNewline).map(String.init)
            loaded.classNames = lines.count == classes ? lines : nil
        }
        return loaded
    }

    private func dataset(_ paths: [String]) throws(DatasetError) -> ImageDataset {
        var pixels: [UInt8] = []
        var labels: [UInt8] = []
        for path in paths {
            let bytes = try DataFile.read(path)
            guard bytes.count >= recordSize, bytes.count % recordSize == 0 else {
                throw .format(
                    path: path, offset: bytes.count, expected: "whole records of \(recordSize) bytes, at least one",
                    found: "the end of the file \(bytes.count % recordSize) bytes behind record "
                        + "\(bytes.count / recordSize)")
            }
            guard pixels.count + bytes.count <= DataFile.maximumBytes else {
                throw .unreadable(path: path, reason: "more than \(DataFile.maximumBytes) bytes of images")
            }
            pixels.reserveCapacity(pixels.count + bytes.count)
            for offset in stride(from: 0, to: bytes.count, by: recordSize) {
                let place = offset + labelBytes - 1
                guard bytes[place] < classes else {
                    throw .format(
                        path: path, offset: place, expected: "a label 0…\(classes - 1)",
                        found: "\(bytes[place]); is it the binary version of \(name)?")
                }
                labels.append(bytes[place])
                pixels += bytes[place + 1..<offset + recordSize]
            }
        }
        return ImageDataset(shape: [3, 32, 32], pixels: pixels, labels: labels)
    }
}
