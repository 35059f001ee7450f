import Testing
import VAE

@testable import VAETraining

/// `.npy` files as NumPy writes them (Fixtures/make_data_files.py), and every way for one to be wrong.
@Suite struct NPYTests {
    private func images(_ name: String, range: ValueRange = .unit) throws -> (any Dataset, notes: [String]) {
        let path = Fixture.path("data/\(name)")
        var notes: [String] = []
        let array = try NPYArray(bytes: ScratchFolder.read(path), path: name)
        return (try NPYImages(range: range).dataset(array, labels: nil, factors: nil, notes: &notes), notes)
    }

    private func refusal(_ name: String) -> String {
        do { return try "read \(images(name).0.count) examples" } catch { return "\(error)" }
    }

    /// A `.npy` file of version 1.
    static func file(_ dictionary: String, data: [UInt8]) -> [UInt8] {
        let header = Array((dictionary + "\n").utf8)
        return NPYHeader.magic + [1, 0, UInt8(header.count % 256), UInt8(header.count / 256)] + header + data
    }

    static func floats(_ values: [Float], shape: String) -> [UInt8] {
        let data = values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
        return file("{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }", data: data)
    }

    @Test func readsEveryLayoutOfBytes() throws {
        let (grey, notes) = try images("grey.npy")
        #expect(grey.shape == [1, 2, 3] && grey.count == 5 && notes.isEmpty)
        #expect(try grey.bytes() == Array(0..<30))
        let (first, _) = try images("channels_first.npy")
        #expect(first.shape == [3, 2, 2] && first.count == 4)
        #expect(try first.bytes() == Array(0..<48))
        let (last, _) = try images("channels_last.npy")
        #expect(last.shape == [3, 2, 2] && last.count == 4)
        #expect(try last.bytes([1]) == [12, 15, 18, 21, 13, 16, 19, 22, 14, 17, 20, 23])
    }

    @Test func readsFloats() throws {
        let (vectors, _) = try images("vectors_float32.npy")
        #expect(vectors.shape == [1, 1, 4] && vectors.count == 5)
        #expect(try vectors.rows() == (0..<20).map { Float($0) / 64 })
        let (doubles, _) = try images("images_float64.npy")
        #expect(doubles.shape == [1, 2, 2] && doubles.count == 3)
        #expect(try doubles.rows() == (0..<12).map { Float($0) / 64 })
        #expect(try doubles.meanPixels() == [4.0 / 64, 5.0 / 64, 6.0 / 64, 7.0 / 64])
        #expect(doubles.fingerprint != vectors.fingerprint)
    }

    @Test func scalesFloatsByTheValueRange() throws {
        let range = try ValueRange(parsing: "-1:1")
        let row = try images("vectors_float32.npy", range: range).0.rows([0])
        #expect(row == [0.5, 0.507_812_5, 0.515_625, 0.523_437_5])
        #expect(range.fraction(-1) == 0 && range.fraction(1) == 1 && range.fraction(1.000_000_1) == 1)
        #expect(range.fraction(1.1) > 1)
        for wrong in ["", "1", "1:0", "0:0", "0:1:2", "a:b", "0:inf", "nan:1"] {
            #expect(throws: DatasetError.self, "\(wrong)") { try ValueRange(parsing: wrong) }
        }
    }

    @Test(arguments: ["binary.npy", "boolean.npy"]) func zerosAndOnesAreBlackAndWhite(name: String) throws {
        let (set, notes) = try images(name)
        #expect(try set.bytes() == (0..<16).map { $0 % 2 * 255 })
        #expect(notes == (name == "binary.npy" ? ["binary.npy: all values are 0 or 1; read as black and white"] : []))
    }

    @Test(arguments: [
        ("fortran.npy", "expected rows one behind the other (C order), found Fortran order; save numpy.ascontiguous"),
        ("big_endian.npy", "expected little-endian numbers, found \">f4\"; save x.astype('<f4')"),
        ("half.npy", "found \"<f2\"; save x.astype('float32')"),
        ("wide.npy", "expected uint8, float32 or float64, found int64; save x.astype('float32') / x.max()"),
        ("record.npy", "at byte 20: expected a name in quotes (an array of plain numbers), found \"[('x', '<f4'\""),
        ("scalar.npy", "or [N, D], found []"),
        ("deep.npy", "or [N, D], found [2, 2, 2, 2, 2]"),
    ])
    func refusesWhatItCannotRead(name: String, message: String) {
        #expect(refusal(name).hasPrefix(name + ": at byte "))
        #expect(refusal(name).contains(message), "\(refusal(name))")
    }

    @Test(arguments: [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4), }", "expected dimension 0 of at least 1, found 0"),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }",
            "at byte 78: expected 48 bytes of elements, as the shape [3, 4] says, found the end of the file after 8"
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }",
            "at byte 74: expected the end of the file, found 4 bytes more"
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
            "expected at most 4294967295 elements, found shape [4294967296, 4294967296]"
        ),
        ("{'descr': '<f4', 'fortran_order': False}", "expected 'descr', 'fortran_order' and 'shape', found only some"),
        ("{'descr': '<f4', 'fortran_order': 0, }", "at byte 44: expected True or False, found \"0, }?\""),
        ("{'colour': 1}", "expected 'descr', 'fortran_order' or 'shape', found 'colour'"),
        ("{'descr': '<f4', 'shape': (3,-4), }", "expected a number of the shape, found \"-4), }?\""),
        ("{'descr': '<f4', 'shape': (99999999999999999999,), }", "expected a number of the shape"),
        ("['descr']", "at byte 10: expected \"{\" of the header's dictionary, found \"['descr']?\""),
        ("", "expected \"{\" of the header's dictionary, found the end of the header"),
    ])
    func refusesABadHeader(dictionary: String, message: String) {
        let error = #expect(throws: DatasetError.self) {
            try NPYArray(bytes: Self.file(dictionary, data: [0, 0, 0, 0, 0, 0, 0, 0]), path: "x.npy")
        }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("x.npy: at byte ") == true)
    }

    /// The place by byte, row and column, and what would help.
    @Test(arguments: [
        (Float.nan, "found nan in row 2, column 3; drop such rows, or numpy.nan_to_num(x)"),
        (-Float.infinity, "found -inf in row 2, column 3; drop such rows, or numpy.nan_to_num(x)"),
        (173, "found 173.0 in row 2, column 3; all values lie in 0…173: scale them, as --value-range 0:255 does"),
        (-0.5, "found -0.5 in row 2, column 3; all values lie in -0.5…1: scale them, as --value-range -1:1 does"),
        (3, "found 3.0 in row 2, column 3; all values lie in 0…3: scale them, as --value-range 0:3 does"),
        (300, "found 300.0 in row 2, column 3; all values lie in 0…300: scale them, as --value-range 0:300 does"),
    ])
    func refusesValuesOutsideTheRange(value: Float, message: String) throws {
        let bytes = Self.floats([0, 1, 0.5, 0.25, 1, value], shape: "(2, 3)")
        let array = try NPYArray(bytes: bytes, path: "x.npy")
        let error = #expect(throws: DatasetError.self) {
            var notes: [String] = []
            _ = try NPYImages(range: .unit).dataset(array, labels: nil, factors: nil, notes: &notes)
        }
        #expect(error?.description == "x.npy: at byte \(bytes.count - 4): expected a value 0…1, \(message)")
    }

    @Test(arguments: ["grey.npy", "images_float64.npy", "channels_last.npy"])
    func refusesEveryTruncation(name: String) {
        let bytes = ScratchFolder.read(Fixture.path("data/\(name)"))
        for length in 0..<bytes.count {
            #expect(throws: DatasetError.self, "\(length) of \(bytes.count)") {
                try NPYArray(bytes: Array(bytes.prefix(length)), path: "cut")
            }
        }
    }

    /// Whatever is read is within 0…1; everything else is an error, and nothing crashes.
    @Test(arguments: ["grey.npy", "images_float64.npy", "vectors_float32.npy", "channels_last.npy"])
    func damageIsAnErrorOrReadsAsImages(name: String) throws {
        let bytes = ScratchFolder.read(Fixture.path("data/\(name)"))
        var refused = 0
        for number in 0..<600 {
            let damaged = Damage(seed: 1).applied(to: bytes, number: number)
            do throws(DatasetError) {
                var notes: [String] = []
                let array = try NPYArray(bytes: damaged, path: "damaged")
                let set = try NPYImages(range: .unit).dataset(array, labels: nil, factors: nil, notes: &notes)
                #expect(try set.rows().allSatisfy { (0...1).contains($0) })
            } catch { refused += 1 }
        }
        #expect(refused > 300)
    }
}
