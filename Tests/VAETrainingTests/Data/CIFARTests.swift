import Testing
import VAE

@testable import VAETraining

/// The binary versions of CIFAR-10 and CIFAR-100.
@Suite struct CIFARTests {
    let folder = TreeFolder()

    /// A record whose pixels count on from its label.
    static func record(_ label: UInt8) -> [UInt8] {
        [label] + (0..<3072).map { UInt8(truncatingIfNeeded: $0) &+ label }
    }

    @Test func readsAllBatchesInTheirOrder() throws {
        folder.write(Self.record(3) + Self.record(4), to: "data_batch_1.bin")
        folder.write(Self.record(9), to: "data_batch_2.bin")
        folder.write(Self.record(0), to: "test_batch.bin")
        folder.write(Array("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n".utf8), to: "batches.meta.txt")
        let pair = try DataSource.open(folder.path)
        #expect(pair.train.shape == [3, 32, 32])
        #expect(pair.train.labels == [3, 4, 9])
        #expect(pair.test.labels == [0])
        #expect(pair.classNames?.count == 10 && pair.classCount == 10)
        #expect(try pair.train.bytes([1]) == Array(Self.record(4).dropFirst()))
    }

    @Test func withoutTestBatchAPartIsHeldOut() throws {
        folder.write(Self.record(3) + Self.record(4), to: "cifar-10-batches-bin/data_batch_1.bin")
        let pair = try DataSource.open(folder.path)
        #expect([pair.train.count, pair.test.count] == [1, 1])
        #expect(pair.name == "CIFAR-10")
    }

    @Test func ofTwoLabelsTheFineOneIsRead() throws {
        folder.write([7] + Self.record(3) + [2] + Self.record(99), to: "cifar-100-binary/train.bin")
        folder.write([1] + Self.record(50), to: "cifar-100-binary/test.bin")
        folder.write(Array((0..<100).map { "name\($0)\n" }.joined().utf8), to: "cifar-100-binary/fine_label_names.txt")
        let pair = try DataSource.open(folder.path)
        #expect(pair.name == "CIFAR-100" && pair.train.shape == [3, 32, 32])
        #expect(pair.train.labels == [3, 99] && pair.test.labels == [50])
        #expect(pair.classNames?.last == "name99" && pair.classCount == 100)
        #expect(try pair.train.bytes([1]) == Array(Self.record(99).dropFirst()))
        folder.write([7] + Self.record(3) + [2] + Self.record(100), to: "cifar-100-binary/train.bin")
        #expect(
            DataSource.refusal(folder.path)
                == "\(folder.path)/cifar-100-binary/train.bin: at byte 3075: expected a label 0…99, found 100; is it the "
                + "binary version of CIFAR-100?")
    }

    @Test func refusesWhatIsNotWhole() {
        folder.write(Self.record(3) + Self.record(4).dropLast(), to: "data_batch_1.bin")
        #expect(
            DataSource.refusal(folder.path)
                == "\(folder.path)/data_batch_1.bin: at byte 6145: expected whole records of 3073 bytes, at least one, "
                + "found the end of the file 3072 bytes behind record 1")
        folder.write([], to: "data_batch_1.bin")
        #expect(DataSource.refusal(folder.path).contains("at byte 0: expected whole records"))
        folder.write(Self.record(3) + Self.record(10), to: "data_batch_1.bin")
        #expect(
            DataSource.refusal(folder.path)
                == "\(folder.path)/data_batch_1.bin: at byte 3073: expected a label 0…9, found 10; is it the binary "
                + "version of CIFAR-10?")
    }

    @Test func namesWhatIsMissing() {
        folder.write(Self.record(3), to: "test_batch.bin")
        #expect(DataSource.refusal(folder.path).contains("expected data_batch_1.bin and its companions"))
        let pickles = TreeFolder()
        pickles.write([1], to: "data_batch_1")
        #expect(DataSource.refusal(pickles.path).contains("expected the binary version"))
    }
}
