import Testing
import VAE

@testable import VAETraining

/// `.npz` files as NumPy writes them (Fixtures/make_data_files.py), and every way for one to be wrong.
@Suite struct NPZTests {
    static let stored = ScratchFolder.read(Fixture.path("data/stored.npz"))
    static let deflated = ScratchFolder.read(Fixture.path("data/deflated.npz"))

    private func load(_ bytes: [UInt8]) throws(DatasetError) -> LoadedData {
        try ArrayFile.load("x.npz", bytes: bytes, range: nil)
    }

    private func refusal(_ bytes: [UInt8]) -> String {
        do { return try "read \(load(bytes).train.count) examples" } catch { return "\(error)" }
    }

    @Test(arguments: [stored, deflated]) func readsEveryPartWithItsLabels(bytes: [UInt8]) throws {
        let data = try load(bytes)
        #expect(data.name == "x")
        #expect(data.train.shape == [1, 2, 3])
        #expect(try data.train.bytes() == Array(0..<30))
        #expect(data.train.labels == [0, 1, 2, 3, 4])
        #expect(try data.test?.bytes() == Array(0..<12))
        #expect(data.test?.labels == [0, 1])
        #expect(try data.validation?.bytes() == Array(0..<6))
        #expect(data.validation?.labels == nil)
    }

    @Test func anArrayAloneNeedsNoName() throws {
        let data = try load(ScratchFolder.read(Fixture.path("data/unnamed.npz")))
        #expect(data.train.count == 5)
        #expect(data.test == nil)
        #expect(
            refusal(ScratchFolder.read(Fixture.path("data/unknown.npz")))
                == "x.npz: expected arrays called x_train and x_test (with labels y_train and y_test), train and test, "
                + "or images; found apples.npy, pears.npy")
    }

    @Test func readsTheFactorsOfDSprites() throws {
        let data = try load(ScratchFolder.read(Fixture.path("data/factors.npz")))
        let factors = try #require(data.train.factors)
        // The first, its colour, is always 0.
        #expect(factors.sizes == [3, 2])
        #expect(factors.count == 6)
        #expect((0..<6).map { Array(factors[$0]) } == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]])
        let some = DatasetSubset(of: data.train, [5, 0])
        #expect(some.factors?.values == [2, 1, 0, 0])
        #expect(data.notes == ["x.npz(imgs.npy): all values are 0 or 1; read as black and white"])
    }

    @Test func namesBothArraysWhenCountsDiffer() {
        #expect(
            refusal(ScratchFolder.read(Fixture.path("data/miscounted.npz")))
                == "x.npz(labels.npy) should have 5 labels, one for each example of x.npz(images.npy); it has 4")
    }

    /// Changes `bytes` at an offset from the first entry of the archive's directory.
    private func changed(_ bytes: [UInt8], at offset: Int, to values: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let directory = (0..<bytes.count - 4).first { bytes[$0..<$0 + 4] == [0x50, 0x4b, 1, 2] } ?? 0
        bytes.replaceSubrange(directory + offset..<directory + offset + values.count, with: values)
        return bytes
    }

    @Test func refusesWhatNumPyDoesNotWrite() {
        let fields: [(Int, [UInt8], String)] = [
            (8, [1, 0], "expected x_train.npy in the clear, found that it is encrypted"),
            (10, [12, 0], "expected x_train.npy stored or deflated, found compression method 12"),
            (16, [1, 2, 3, 4], "expected x_train.npy undamaged, found that its data or its checksum is wrong"),
            (24, [255, 255, 255, 127], "expected x_train.npy of at most "),
            (24, [0, 0, 0, 0], "expected x_train.npy with bytes, found none"),
            (28, [255, 255], "expected an entry that ends before byte "),
            (42, [1, 0, 0, 0], "expected the header of x_train.npy, found something else"),
            (42, [255, 255, 255, 255], "expected a number of 4 bytes at byte 4294967295, found the end of the file"),
            (0, [0], "expected an entry of the archive's directory, found something else"),
        ]
        for (offset, values, message) in fields {
            let text = refusal(changed(Self.deflated, at: offset, to: values))
            #expect(text.contains(message), "\(offset): \(text)")
            #expect(text.hasPrefix("x.npz: at byte "), "\(text)")
        }
    }

    /// What claims to unpack to gigabytes is refused before memory is taken.
    @Test func refusesABomb() {
        let text = refusal(changed(Self.deflated, at: 24, to: [0, 0, 0, 0xf0]))
        #expect(text.contains("expected x_train.npy of at most "), "\(text)")
        #expect(text.hasSuffix(", found 4026531840"), "\(text)")
    }

    @Test func zip64OfTheWholeArchiveIsRefusedClearly() {
        var bytes = Self.stored
        for offset in 10..<12 { bytes[bytes.count - 22 + offset] = 0xff }
        #expect(refusal(bytes).contains("expected a zip archive of at most 4 GiB, found zip64; save fewer"))
    }

    /// Python writes sizes above 2 GiB into an extra field, where the usual place says "look there".
    @Test func sizesMayStandInTheZip64Field() throws {
        let start = try #require((0..<Self.stored.count).first { Self.stored[$0...].starts(with: [0x50, 0x4b, 1, 2]) })
        let name = start + 46 + "x_train.npy".utf8.count
        var bytes = changed(Self.stored, at: 24, to: [255, 255, 255, 255])
        let extra: [UInt8] = [1, 0, 8, 0] + Self.stored[start + 24..<start + 28] + [0, 0, 0, 0]
        bytes.insert(contentsOf: extra, at: name)
        bytes[start + 30] = UInt8(extra.count)
        let size = bytes.count - 22 + 12
        bytes[size] += UInt8(extra.count)
        #expect(try load(bytes).train.bytes() == Array(0..<30))
    }

    @Test(arguments: [stored, deflated]) func refusesEveryTruncation(bytes: [UInt8]) {
        for length in 0..<bytes.count {
            #expect(throws: DatasetError.self, "\(length) of \(bytes.count)") { try load(Array(bytes.prefix(length))) }
        }
    }

    @Test(arguments: [stored, deflated]) func damageIsAnErrorOrChangesNothing(bytes: [UInt8]) throws {
        var refused = 0
        for number in 0..<1_000 {
            do throws(DatasetError) {
                let data = try load(Damage(seed: 2).applied(to: bytes, number: number))
                // The checksum covers the arrays; what is left are dates and versions, and names of other parts.
                #expect(try data.train.bytes() == Array(0..<30))
            } catch { refused += 1 }
        }
        #expect(refused > 400)
    }
}
