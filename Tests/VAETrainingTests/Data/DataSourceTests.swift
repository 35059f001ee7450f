import Testing
import VAE

@testable import VAETraining

/// What `--data` and its companions make of the data.
@Suite struct DataSourceTests {
    let folder = TreeFolder()

    /// 20 images of one pixel pair each, told apart by their value.
    private func array() -> String {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (20, 1, 2), }"
        return folder.write(NPYTests.file(header, data: (0..<40).map { UInt8($0 / 2 * 10) }), to: "numbers.npy")
    }

    @Test func splitsAreDisjointAndFixed() throws {
        let path = array()
        let pair = try DataSource.open(path) {
            $0.testFraction = 0.25
            $0.validation = 4
            $0.limit = 7
        }
        let validation = try #require(pair.validation)
        #expect([pair.train.count, pair.test.count, validation.count] == [7, 5, 4])
        let values = try [pair.train, pair.test, validation].map { Set(try $0.bytes()) }
        #expect(values[0].isDisjoint(with: values[1]) && values[0].isDisjoint(with: values[2]))
        #expect(values[1].isDisjoint(with: values[2]))
        // The first of what is left, in the order of the file; the same validation set without the limit.
        #expect(try pair.train.bytes() == pair.train.bytes().sorted())
        let all = try DataSource.open(path) {
            $0.testFraction = 0.25
            $0.validation = 4
        }
        #expect(all.train.count == 11)
        #expect(try all.validation?.rows() == validation.rows())
        #expect(try all.train.rows().prefix(14) == pair.train.rows()[...])
        #expect(all.train.fingerprint != pair.train.fingerprint)
        let mean = try pair.train.rows().enumerated().filter { $0.offset % 2 == 0 }.map { Double($0.element) }
        #expect(abs(try pair.train.meanPixels()[0] - mean.reduce(0, +) / 7) < 1e-9)
    }

    @Test func splitsThatLeaveNothingAreRefused() {
        let path = array()
        #expect(
            DataSource.refusal(path) { $0.validation = 18 }
                == "--validation 18: expected fewer than the 18 training examples")
        #expect(DataSource.refusal(path) { $0.validation = 0 } == "--validation 0: expected 1…2147483647")
        #expect(DataSource.refusal(path) { $0.limit = -1 } == "--limit -1: expected 1…2147483647")
        for fraction in [0, 1, -0.5, .nan] {
            #expect(
                DataSource.refusal(path) { $0.testFraction = fraction }
                    == "--test-fraction \(fraction): expected a number between 0 and 1, such as 0.1")
        }
        #expect(
            DataSource.refusal("shapes") { $0.testFraction = 0.1 }
                == "--test-fraction 0.1: procedural shapes comes with a test set; leave the flag out")
        #expect(DataSource.refusal("shapes") { $0.crop = 0 } == "--crop 0: expected 1…65535")
        #expect(
            DataSource.refusal("shapes") { $0.valueRange = .unit }
                == "--value-range 0:1: is for the floats of .npy and .npz files only")
    }

    @Test func archivesAndStrangersAreRefusedWithWhatToDo() {
        for (name, bytes) in [("x.tar.gz", [0x1f, 0x8b, 8, 0]), ("x.zip", [0x50, 0x4b, 3, 4])] as [(String, [UInt8])] {
            let path = folder.write(bytes, to: name)
            #expect(DataSource.refusal(path) == "\(path): is an archive; unpack it, and give the folder to --data")
        }
        let tar = folder.write([UInt8](repeating: 0, count: 257) + Array("ustar".utf8), to: "x.tar")
        #expect(DataSource.refusal(tar).contains("unpack it"))
        let text = folder.write(Array("label,pixel".utf8), to: "x.json")
        #expect(
            DataSource.refusal(text)
                == "\(text): at byte 0: expected a .npy or .npz file, or a folder, found bytes that begin "
                + "6c 61 62 65 6c 2c")
        let fake = folder.write([1, 2, 3], to: "x.npy")
        #expect(DataSource.refusal(fake).contains("expected a .npy or .npz file"))
        #expect(DataSource.refusal(folder.write([], to: "empty.npz")).hasSuffix("found bytes that begin nothing"))
    }

    @Test func imagesInMemoryAreConvertedToo() throws {
        let idx = TreeFolder()
        let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<12)
        for name in ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"] { idx.write(images, to: name) }
        let pair = try DataSource.open(idx.path) {
            $0.imageSize = ImageSize(width: 4, height: 6)
            $0.colour = .rgb
        }
        #expect(pair.train.shape == [3, 6, 4] && pair.test.shape == [3, 6, 4] && pair.train.count == 3)
        let row = try pair.train.bytes([0])
        #expect(Array(row[..<24]) == Array(row[24..<48]))
        #expect(Array(row[..<24]) == Array(row[48...]))
        // 2 × 2 pixels 0, 1, 2, 3 enlarged: the corners stay.
        #expect([row[0], row[3], row[20], row[23]] == [0, 1, 2, 3])
        let cropped = try DataSource.open(idx.path) { $0.crop = 1 }
        #expect(try cropped.train.bytes() == [0, 4, 8])
        #expect(
            DataSource.refusal(idx.path) { $0.crop = 3 }
                == "--crop 3: expected an image of at least 3x3 to crop, found 2x2")
        let floats = Fixture.path("data/images_float64.npy")
        let sized = try DataSource.open(floats) { $0.imageSize = ImageSize(width: 1, height: 1) }
        #expect(sized.train.shape == [1, 1, 1])
        // The mean of four pixels, not rounded to bytes.
        let values = try sized.train.rows() + sized.test.rows()
        #expect(values.sorted().map { $0 * 64 } == [1.5, 5.5, 9.5])
        let vectors = Fixture.path("data/vectors_float32.npy")
        #expect(
            DataSource.refusal(vectors) { $0.imageSize = ImageSize(width: 8, height: 8) }
                == "--image-size, --crop and --colour are for images; these are vectors of 4 numbers")
        let huge = DataSource.refusal("shapes") { $0.imageSize = ImageSize(width: 4096, height: 4096) }
        #expect(huge.contains("are more than 4294967295 numbers; give a smaller one"))
    }

    @Test func factorsComeWithTheShapes() throws {
        let set = ProceduralShapes.dataset(count: 50, draw: 0)
        let table = try #require(set.factors)
        #expect(table.names == ["outline", "scale", "rotation", "x", "y"])
        #expect(table.sizes == [3, 6, 40, 32, 32])
        #expect(table.count == 50)
        for index in 0..<50 {
            let factors = ProceduralShapes.factors(of: index, draw: 0)
            let row = Array(table[index])
            #expect(row[0] == UInt16(factors.outline.rawValue))
            let scale: Float = (factors.scale - 3.5) / 3.5
            let parts: [Float] = [
                scale, factors.rotation / (2 * Float.pi), (factors.x - 8) / 12, (factors.y - 8) / 12,
            ]
            for (column, part) in parts.enumerated() {
                let place = part * Float(table.sizes[column + 1])
                // Rounding may carry a number that lies on a border to the other side.
                #expect(abs(place - Float(row[column + 1]) - 0.5) < 0.501, "\(factors)")
            }
        }
        #expect(ProceduralShapes.dataset(count: 50, draw: 0, side: 64).factors == table)
    }
}
