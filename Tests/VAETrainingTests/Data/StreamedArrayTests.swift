import Glibc
import Testing
import VAE

@testable import VAETraining

/// `.npy` files that are read from the disk are what they are in memory.
@Suite struct StreamedArrayTests {
    private static let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2, 2), }"
    private let scratch = ScratchFolder()

    private func open(_ path: String, range: String? = nil, memory: Int) throws -> DatasetPair {
        var settings = DataSettings(source: path)
        settings.imageMemory = memory
        settings.valueRange = try range.map { try ValueRange(parsing: $0) }
        settings.testFraction = 0.25
        return try DataSource.open(settings)
    }

    private func values(_ dataset: any Dataset) throws -> [Float] {
        let all = FloatBuffer(count: dataset.count * dataset.shape.elementCount)
        try unsafe dataset.copy(0..<dataset.count, into: all.base)
        return all.array()
    }

    @Test(arguments: [
        "grey.npy", "channels_first.npy", "channels_last.npy", "boolean.npy", "images_float64.npy",
    ])
    func theValuesAreThoseInMemory(name: String) throws {
        let path = Fixture.path("data/\(name)")
        let (whole, streamed) = (try open(path, memory: 1), try open(path, memory: 0))
        #expect(!whole.train.isSlow && streamed.train.isSlow)
        #expect(whole.train.shape == streamed.train.shape && whole.name == streamed.name)
        #expect(whole.notes == streamed.notes)
        #expect(try values(whole.train) == values(streamed.train))
        #expect(try values(whole.test) == values(streamed.test))
        for (a, b) in zip(try whole.train.meanPixels(), try streamed.train.meanPixels()) { #expect(abs(a - b) < 1e-6) }
    }

    @Test func bytesThatAreZerosAndOnesAreBlackAndWhite() throws {
        let bytes = NPYTests.file(
            Self.header, data: (0..<16).map { $0 % 3 == 0 ? 1 : 0 })
        let path = scratch.write(bytes, to: "bits.npy")
        let (whole, streamed) = (try open(path, memory: 1), try open(path, memory: 0))
        #expect(try values(whole.train) == values(streamed.train) && values(streamed.train).max() == 1)
        #expect(streamed.notes.count == 1 && whole.notes == streamed.notes)
    }

    @Test func floatsAreScaledAndChecked() throws {
        var numbers = (0..<12).map(Float.init)
        let path = scratch.write(NPYTests.floats(numbers, shape: "(4, 3)"), to: "floats.npy")
        let (whole, streamed) = (try open(path, range: "0:11", memory: 1), try open(path, range: "0:11", memory: 0))
        #expect(try values(whole.train) == values(streamed.train) && values(whole.test) == values(streamed.test))
        let header = NPYTests.floats(numbers, shape: "(4, 3)").count - 48
        for (bad, index) in [(Float.nan, 7), (12, 10)] {
            numbers[index] = bad
            let path = scratch.write(NPYTests.floats(numbers, shape: "(4, 3)"), to: "bad.npy")
            let error = #expect(throws: DatasetError.self) { try open(path, range: "0:11", memory: 0) }
            for words in [
                "at byte \(header + 4 * index)", "expected a value 0…11",
                "row \(index / 3 + 1), column \(index % 3 + 1)",
            ] { #expect(error?.description.contains(words) == true, "\(String(describing: error))") }
            numbers[index] = 1
        }
    }

    @Test func anotherFileOfThatNameIsFoundOut() throws {
        func file(_ first: UInt8) -> [UInt8] {
            NPYTests.file(
                Self.header, data: [first] + (1..<16).map { $0 * 9 })
        }
        let path = scratch.write(file(1), to: "images.npy")
        let before = try open(path, memory: 0)
        let same = try open(path, memory: 0)
        #expect(before.train.fingerprint == same.train.fingerprint)
        _ = scratch.write(file(2), to: "images.npy")
        #expect(try open(path, memory: 0).train.fingerprint != before.train.fingerprint)
        _ = scratch.write(Array(file(1).dropLast(5)), to: "images.npy")
        #expect(throws: DatasetError.self) { try open(path, memory: 0) }
    }

    /// Cut while it is read from: an error, where a mapped file would be a crash.
    @Test func aFileThatIsCutIsNamed() throws {
        let bytes = NPYTests.file(
            Self.header, data: (1...16).map { $0 })
        let path = scratch.write(bytes, to: "cut.npy")
        var notes: [String] = []
        let array = try StreamedArray(RandomAccessFile(path: path), range: .unit, notes: &notes)
        #expect(unsafe truncate(path, off_t(bytes.count - 3)) == 0)
        let row = FloatBuffer(count: 4)
        try unsafe array.copy(0..<1, into: row.base)
        let error = #expect(throws: DatasetError.self) { try unsafe array.copy(3..<4, into: row.base) }
        #expect(error?.description.contains("the end of the file") == true, "\(String(describing: error))")
    }

    @Test func whatCannotBeConvertedIsRefused() throws {
        var settings = DataSettings(source: Fixture.path("data/grey.npy"))
        settings.imageMemory = 0
        settings.imageSize = try ImageSize(parsing: "8")
        let error = #expect(throws: DatasetError.self) { try DataSource.open(settings) }
        #expect(error?.description.contains("--image-memory") == true)
    }
}
