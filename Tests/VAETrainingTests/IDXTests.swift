import Testing
import VAE

@testable import VAETraining

@Suite struct IDXTests {
    static let images = ScratchFolder.read(Fixture.path("idx/images"))
    static let labels = ScratchFolder.read(Fixture.path("idx/labels"))

    @Test(arguments: ["images", "stored.gz", "fixed.gz", "fields.gz", "members.gz", "gzip-module.gz"])
    func readsPlainAndEveryKindOfGzip(name: String) throws {
        let set = try ImageDataset(idxImages: Fixture.path("idx/\(name)"), idxLabels: Fixture.path("idx/labels"))
        #expect(set.shape == [1, 2, 2])
        #expect(set.count == 3)
        #expect(set.pixels == Array(0..<12))
        #expect(set.labels == [0, 1, 2])
    }

    @Test func readsDynamicHuffmanTables() throws {
        let plain = try ImageDataset(idxImages: Fixture.path("idx/larger"))
        let packed = try ImageDataset(idxImages: Fixture.path("idx/larger.gz"))
        #expect(plain.pixels == packed.pixels)
        #expect(packed.count == 40)
        #expect(plain.fingerprint == packed.fingerprint)
    }

    /// Position of a byte to change, its new value, and what the message must say.
    @Test(arguments: [
        (0, UInt8(1), "at byte 0: expected the magic bytes 00 00 of an IDX file, found 01 00"),
        (2, 0x0d, "at byte 2: expected element type 08 (unsigned byte), found 0d"),
        (3, 1, "at byte 3: expected 3 dimension(s), found 1"),
        (7, 0, "at byte 4: expected dimension 0 of at least 1, found 0"),
        (7, 4, "at byte 28: expected 16 elements, as the dimensions [4, 2, 2] say, found the end of the file after 12"),
        (7, 2, "at byte 24: expected the end of the file, found 4 bytes more"),
        (4, 0xff, "at byte 8: expected at most 4294967295 elements, found dimension 1 of 2"),
    ])
    func refusesAWrongField(position: Int, value: UInt8, message: String) throws {
        var bytes = Self.images
        bytes[position] = value
        let error = #expect(throws: DatasetError.self) {
            try IDXFile(bytes: bytes, path: "some-file", dimensionCount: 3)
        }
        #expect(error?.description == "some-file: \(message)")
    }

    @Test(arguments: 0..<28)
    func refusesEveryTruncation(length: Int) {
        #expect(throws: DatasetError.self) {
            try IDXFile(bytes: Array(Self.images.prefix(length)), path: "cut", dimensionCount: 3)
        }
    }

    @Test(arguments: ["fixed.gz", "fields.gz", "members.gz", "larger.gz"])
    func refusesEveryTruncationOfGzip(name: String) {
        let scratch = ScratchFolder()
        let bytes = ScratchFolder.read(Fixture.path("idx/\(name)"))
        for length in stride(from: 2, to: bytes.count, by: max(1, bytes.count / 40)) {
            let path = scratch.write(Array(bytes.prefix(length)), to: "cut.gz")
            #expect(throws: DatasetError.self, "\(length) of \(bytes.count) bytes") {
                try ImageDataset(idxImages: path)
            }
        }
    }

    @Test func refusesAFailedChecksum() throws {
        var bytes = ScratchFolder.read(Fixture.path("idx/fixed.gz"))
        bytes[bytes.count - 8] ^= 1
        let scratch = ScratchFolder()
        let path = scratch.write(bytes, to: "bad.gz")
        let error = #expect(throws: DatasetError.self) { try ImageDataset(idxImages: path) }
        #expect(error?.description.contains("gzip") == true)
        guard case .format(_, let offset, _, _) = error else {
            Issue.record("expected the place of the damage, found \(String(describing: error))")
            return
        }
        #expect((1...bytes.count).contains(offset))
    }

    @Test func namesBothFilesWhenCountsDiffer() throws {
        let scratch = ScratchFolder()
        let labels = scratch.write([0, 0, 8, 1, 0, 0, 0, 2, 5, 6], to: "labels")
        let error = #expect(throws: DatasetError.self) {
            try ImageDataset(idxImages: Fixture.path("idx/images"), idxLabels: labels)
        }
        #expect(
            error?.description
                == "\(labels) should have 3 labels, one for each image of \(Fixture.path("idx/images")); it has 2")
    }

    @Test func findsTheUsualNames() throws {
        let scratch = ScratchFolder()
        _ = scratch.write(ScratchFolder.read(Fixture.path("idx/fixed.gz")), to: "train-images-idx3-ubyte.gz")
        _ = scratch.write(Self.labels, to: "train-labels-idx1-ubyte")
        let error = #expect(throws: DatasetError.self) { try DatasetPair(directory: scratch.path) }
        #expect(error?.description.contains("t10k-images-idx3-ubyte") == true)
        _ = scratch.write(Self.images, to: "t10k-images.idx3-ubyte")
        let pair = try DatasetPair(directory: scratch.path + "/")
        #expect(pair.train.labels == [0, 1, 2])
        #expect(pair.test.labels == nil)
        #expect(throws: DatasetError.self) { try DatasetPair(directory: scratch.path + "/nowhere") }
        #expect(throws: DatasetError.self) { try ImageDataset(idxImages: scratch.path) }
    }

    @Test func guessesTheLicenceByTheFolder() {
        #expect(DatasetPair.guess("data/mnist/").license == "CC BY-SA 3.0")
        #expect(DatasetPair.guess("data/fashion-mnist").name == "Fashion-MNIST")
        #expect(DatasetPair.guess("data/mine").license == nil)
    }
}
