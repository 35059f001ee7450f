import Testing
import VAE

@testable import VAETraining

/// Folders of PNG and JPEG files.
@Suite struct ImageFolderTests {
    let folder = TreeFolder()

    /// A grey PNG of one value.
    static func png(_ value: UInt8, width: Int = 4, height: Int = 4) throws -> [UInt8] {
        let image = ImagePixels(
            width: width, height: height, channels: 1, values: Array(repeating: value, count: width * height))
        return try PNGEncoder().encode(image).withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }

    /// Folders for classes, each image all of one value: its class × 100 + its number.
    private func writeClasses(_ names: [String], below parent: String = "", count: Int = 5) throws {
        for (number, name) in names.enumerated() {
            for image in 0..<count {
                let path = parent + "\(name)/\(image).png"
                folder.write(try Self.png(UInt8(number * 100 + image)), to: path)
            }
        }
    }

    @Test func trainAndTestAreSetsAndTheirFoldersClasses() throws {
        try writeClasses(["cat", "dog"], below: "train/")
        try writeClasses(["dog"], below: "Test/", count: 2)
        try writeClasses(["cat"], below: "val/", count: 1)
        let pair = try DataSource.open(folder.path + "/")
        #expect(pair.train.shape == [1, 4, 4])
        #expect([pair.train.count, pair.test.count, pair.validation?.count] == [10, 2, 1])
        #expect(pair.classNames == ["cat", "dog"])
        #expect(pair.classCount == 2)
        // A class has the same number in every set.
        #expect(pair.test.labels == [1, 1])
        let firsts = try stride(from: 0, to: 160, by: 16).map { try pair.train.bytes()[$0] }
        #expect(firsts.map { $0 / 100 } == pair.train.labels)
        #expect(firsts.sorted() == [0, 1, 2, 3, 4, 100, 101, 102, 103, 104])
        // Mixed, so that the first ones are of every class, and the same every time.
        #expect(Set(pair.train.labels?.prefix(5) ?? []) == [0, 1])
        #expect(try DataSource.open(folder.path).train.rows() == pair.train.rows())
    }

    @Test func withoutTestFolderAPartIsHeldOut() throws {
        try writeClasses(["a", "b"], count: 10)
        folder.write([1, 2, 3], to: ".hidden.png")
        folder.write([1, 2, 3], to: "__MACOSX/a/0.png")
        folder.write([1, 2, 3], to: "labels.csv")
        let pair = try DataSource.open(folder.path)
        #expect(pair.train.count == 18)
        #expect(pair.test.count == 2)
        #expect(pair.classNames == ["a", "b"])
        let values = try (pair.train.bytes() + pair.test.bytes()).sorted()
        #expect(values.count == 320 && Set(values).count == 20)
        #expect(try DataSource.open(folder.path) { $0.testFraction = 0.5 }.test.count == 10)
    }

    @Test func imagesOfOneFolderHaveNoLabels() throws {
        try writeClasses(["all"])
        folder.write(try Self.png(9), to: "above.PNG")
        let pair = try DataSource.open(folder.path)
        #expect(pair.train.count + pair.test.count == 6)
        #expect(pair.train.labels == nil && pair.classNames == nil && pair.classCount == nil)
    }

    @Test func colourIsThatOfTheImages() throws {
        for name in ["gradient.jpg", "gradient.png", "grey.jpg", "palette.png"] {
            folder.copy("data/\(name)", to: "a/\(name)")
        }
        #expect(try DataSource.open(folder.path).train.shape == [3, 12, 16])
        #expect(try DataSource.open(folder.path) { $0.colour = .grey }.train.shape == [1, 12, 16])
        let grey = TreeFolder()
        for name in ["grey.jpg", "grey.png"] { grey.copy("data/\(name)", to: name) }
        #expect(try DataSource.open(grey.path).train.shape == [1, 12, 16])
        #expect(try DataSource.open(grey.path) { $0.colour = .rgb }.train.shape == [3, 12, 16])
    }

    /// JPEG is lossy: within a few units of what it was made from (Fixtures/make_data_files.py).
    @Test func readsJPEG() throws {
        for name in ["1.jpg", "2.jpg"] { folder.copy("data/gradient.jpg", to: name) }
        let row = try DataSource.open(folder.path).test.rows()
        for y in 0..<12 {
            for x in 0..<16 {
                let (red, blue) = (255 * row[y * 16 + x], 255 * row[384 + y * 16 + x])
                #expect(abs(red - Float(x * 16)) < 24)
                #expect(abs(blue - Float(y * 20)) < 24)
            }
        }
    }

    @Test func differentSizesNeedAnImageSize() throws {
        folder.write(try Self.png(10), to: "a.png")
        folder.write(try Self.png(20), to: "b.png")
        folder.write(try Self.png(30, width: 9, height: 6), to: "c.png")
        let path = folder.path
        #expect(
            DataSource.refusal(path)
                == "\(path): expected images of one size: \(path)/a.png has 4×4 pixels, \(path)/c.png has 9×6 pixels; "
                + "--image-size 64 brings all to one size, --crop cuts a square out of the middle first")
        let sized = try DataSource.open(path) { $0.imageSize = ImageSize(width: 3, height: 2) }
        #expect(sized.train.shape == [1, 2, 3])
        #expect(try Set(sized.train.bytes() + sized.test.bytes()) == [10, 20, 30])
        let cropped = try DataSource.open(path) {
            $0.crop = 4
            $0.imageSize = ImageSize(width: 2, height: 3)
        }
        // Once, and by the folder: it is not read into memory.
        #expect(cropped.train.shape == [1, 3, 2] && cropped.train.isSlow)
        #expect(try DataSource.open(path) { $0.crop = 4 }.train.isSlow)
        #expect(
            DataSource.refusal(path) { $0.crop = 5 }
                == "--crop 5: expected images of at least 5×5 pixels; \(path)/a.png has 4×4 pixels")
    }

    @Test func whatCannotBeReadIsNamed() throws {
        try writeClasses(["a", "b"])
        let file = folder.write(Array(try Self.png(7).dropLast(30)), to: "a/broken.png")
        // The header is sound, so it shows when the image is decoded.
        let pair = try DataSource.open(folder.path) { $0.testFraction = 0.01 }
        let error = #expect(throws: DatasetError.self) { try pair.train.rows() + pair.test.rows() }
        #expect(error?.description.hasPrefix("\(file): PNG is corrupt: expected a whole ") == true)
        folder.write(Array("GIF89a....".utf8), to: "a/moving.png")
        #expect(
            DataSource.refusal(folder.path)
                == "\(folder.path)/a/moving.png: expected a PNG or JPEG, found a GIF")
    }

    @Test func badImagesCanBeLeftOut() throws {
        try writeClasses(["a", "b"], below: "train/")
        try writeClasses(["a"], below: "test/")
        folder.write(Array(try Self.png(7).dropLast(30)), to: "train/a/broken.png")
        folder.write([], to: "train/b/empty.jpg")
        let pair = try DataSource.open(folder.path) { $0.skipsBadImages = true }
        #expect(pair.train.count == 10)
        #expect(pair.train.labels?.filter { $0 == 1 }.count == 5)
        #expect(pair.notes.count == 1)
        let note = "2 of 12 images cannot be read and are left out, such as \(folder.path)/train/"
        #expect(pair.notes[0].hasPrefix(note))
        #expect(try Set(pair.train.bytes()).count == 10)
        // All are in memory after that check.
        #expect(!pair.train.isSlow)
        let hopeless = TreeFolder()
        for name in ["1.png", "2.png"] { hopeless.copy("data/grey.npy", to: name) }
        #expect(DataSource.refusal(hopeless.path) { $0.skipsBadImages = true }.hasPrefix("none of 2 images could be"))
    }

    @Test func foldersWithoutImagesSayWhatTheyHold() throws {
        #expect(
            DataSource.refusal(folder.path)
                == "\(folder.path): expected .png, .jpg or .jpeg files, or the files of MNIST "
                + "(train-images-idx3-ubyte) or CIFAR-10 (data_batch_1.bin); found an empty folder")
        folder.write([1], to: "deep/in/it.webp")
        #expect(DataSource.refusal(folder.path).hasSuffix("; found 1 other files, such as deep/in/it.webp"))
        folder.write(try Self.png(1), to: "test/a.png")
        #expect(DataSource.refusal(folder.path) == "\(folder.path): expected a folder train beside test")
        #expect(DataSource.refusal("/nowhere").contains("there is no such file"))
        let single = TreeFolder()
        single.write(try Self.png(1), to: "one.png")
        #expect(DataSource.refusal(single.path).contains("expected at least 2 examples"))
    }

    @Test(arguments: [0, 1]) func keptAndDecodedAgainAreTheSame(mebibytes: Int) throws {
        for name in ["gradient.jpg", "gradient.png", "palette.png"] { folder.copy("data/\(name)", to: name) }
        let pair = try DataSource.open(folder.path) {
            $0.imageMemory = mebibytes
            $0.imageSize = ImageSize(width: 5, height: 7)
        }
        #expect(pair.train.isSlow)
        #expect(pair.notes.isEmpty == (mebibytes == 1))
        let first = try pair.train.rows([0, 1, 0])
        #expect(try pair.train.rows([0, 1, 0]) == first)
        _ = try pair.test.rows()
        #expect(pair.train.isSlow == (mebibytes == 0))
        // Values are those of bytes, kept or not, so that a run does not depend on --image-memory.
        for value in first {
            let byte: Float = value * 255
            #expect(abs(byte - byte.rounded()) < 1e-4)
        }
        let other = try DataSource.open(folder.path) {
            $0.imageMemory = 1 - mebibytes
            $0.imageSize = ImageSize(width: 5, height: 7)
        }
        #expect(try other.train.rows([0, 1, 0]) == first)
        #expect(other.train.fingerprint == pair.train.fingerprint)
        let means = try pair.train.meanPixels()
        let rows = try pair.train.rows()
        for index in 0..<105 {
            let mean = Double(rows[index] + rows[105 + index]) / 2
            #expect(abs(means[index] - mean) < 1e-6)
        }
    }

    @Test func fingerprintsTellFoldersApart() throws {
        try writeClasses(["a"])
        let before = try DataSource.open(folder.path)
        #expect(try DataSource.open(folder.path).train.fingerprint == before.train.fingerprint)
        #expect(try DataSource.open(folder.path) { $0.crop = 2 }.train.fingerprint != before.train.fingerprint)
        // The same size, another content.
        folder.write(try Self.png(77), to: "a/0.png")
        #expect(try DataSource.open(folder.path).train.fingerprint != before.train.fingerprint)
    }

    @Test func filesMustStayAsTheyAre() throws {
        try writeClasses(["a"])
        let pair = try DataSource.open(folder.path)
        for number in 0..<5 { folder.write(try Self.png(1, width: 4, height: 5), to: "a/\(number).png") }
        let error = #expect(throws: DatasetError.self) { try pair.train.rows() }
        #expect(error?.description.contains("when the run began; images must stay as they are") == true)
    }

    /// A sample of the headers of a large folder may miss one that differs: it is found when it is decoded.
    @Test func anotherSizeIsFoundWhenDecodingToo() throws {
        let bytes = try Self.png(1, width: 4, height: 5)
        let file = folder.write(bytes, to: "odd.png")
        let set = try FolderDataset(
            root: folder.path, files: [ImageFile(path: "odd.png", size: bytes.count)], labels: nil, shape: [1, 4, 4],
            crop: nil, isResizing: false, isKept: true)
        let error = #expect(throws: DatasetError.self) { try set.rows() }
        #expect(
            error?.description
                == "\(file): expected 4×4 pixels like the others, found 4×5; --image-size brings all to one size")
    }

    /// Every file of the folder damaged in turn: an error that names it, or an image.
    @Test(arguments: ["gradient.jpg", "gradient.png", "grey.jpg"]) func damageNamesTheFile(name: String) throws {
        let bytes = ScratchFolder.read(Fixture.path("data/\(name)"))
        var refused = 0
        for number in 0..<200 {
            let damaged = Damage(seed: 3).applied(to: bytes, number: number)
            let file = folder.write(damaged, to: name)
            do throws(DatasetError) {
                let set = try FolderDataset(
                    root: folder.path, files: [ImageFile(path: name, size: damaged.count)], labels: nil,
                    shape: [3, 8, 8], crop: nil, isResizing: true, isKept: false)
                #expect(try set.rows().allSatisfy { (0...1).contains($0) })
            } catch {
                refused += 1
                #expect(error.description.hasPrefix(file))
            }
        }
        #expect(refused > 50)
    }
}
