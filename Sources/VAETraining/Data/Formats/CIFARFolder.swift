internal import VAE

/// The binary version of CIFAR-10 (Krizhevsky 2009): records of a label and 3 × 32 × 32 bytes, red, green, blue.
enum CIFARFolder {
    private static let recordSize = 3_073
    private static let classes = 10

    /// Whether `names`, the files of a folder, are those of CIFAR-10.
    static func isOne(_ names: [String]) -> Bool { !trainingFiles(names).isEmpty || names.contains("test_batch.bin") }

    /// Reads `data_batch_*.bin`, and `test_batch.bin` if it is there, from the folder `path` with the files `names`.
    static func load(_ path: String, names: [String]) throws(DatasetError) -> LoadedData {
        let files = trainingFiles(names)
        guard !files.isEmpty else {
            throw .missing("\(path): expected data_batch_1.bin and its companions beside test_batch.bin; none is there")
        }
        let train = try dataset(files.map { "\(path)/\($0)" })
        let test = names.contains("test_batch.bin") ? try dataset(["\(path)/test_batch.bin"]) : nil
        let (name, license) = DatasetPair.guess(path)
        var loaded = LoadedData(name: name, license: license, train: train, test: test)
        if names.contains("batches.meta.txt") {
            let text = String(decoding: try DataFile.read("\(path)/batches.meta.txt"), as: UTF8.self)
            let lines = text.split(whereSeparator: \.isNewline).map(String.init)
            loaded.classNames = lines.count == classes ? lines : nil
        }
        return loaded
    }

    private static func trainingFiles(_ names: [String]) -> [String] {
        names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") }.sorted()
    }

    private static func dataset(_ paths: [String]) throws(DatasetError) -> ImageDataset {
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
                guard bytes[offset] < classes else {
                    throw .format(
                        path: path, offset: offset, expected: "a label 0…\(classes - 1)",
                        found: "\(bytes[offset]); is it the binary version of CIFAR-10?")
                }
                labels.append(bytes[offset])
                pixels += bytes[offset + 1..<offset + recordSize]
            }
        }
        return ImageDataset(shape: [3, 32, 32], pixels: pixels, labels: labels)
    }
}
