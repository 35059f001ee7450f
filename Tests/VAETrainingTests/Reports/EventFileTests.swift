import Testing

@testable import VAETraining

@Suite struct EventFileTests {
    /// RFC 3720, B.4, and the check value of the catalogue of CRC algorithms (CRC-32/ISCSI).
    @Test func checksumsAreThoseOfTheStandard() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0...31)) == 0x46DD_794E)
        #expect(CRC32C.checksum([]) == 0)
        // E3069283 turned right by 15 bits, plus A282EAD8.
        #expect(CRC32C.masked(Array("123456789".utf8)) == 0xC78A_B0E5)
    }

    /// The example of the encoding's documentation (150 is 96 01), and one field of every kind we write.
    @Test func fieldsAreThoseOfTheWireFormat() {
        var message = ProtobufMessage()
        message.add(1, Int64(150))
        #expect(message.bytes == [0x08, 0x96, 0x01])
        message = ProtobufMessage()
        message.add(2, "testing")
        #expect(message.bytes == [0x12, 0x07] + Array("testing".utf8))
        message = ProtobufMessage()
        message.add(1, 1.0)
        message.add(2, Float(-2))
        message.add(16, Int64(-1))
        message.add(7, packed: [1.0])
        #expect(
            message.bytes == [
                0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x15, 0, 0, 0, 0xC0, 0x80, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                0xFF, 0xFF, 0xFF, 0x01, 0x3A, 0x08, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F,
            ])
    }

    /// Made with tensorboard 2.21: `tensorboard.summary.writer.record_writer.RecordWriter(file).write(b"brain")`.
    private static let framed: [UInt8] = [
        0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xEA, 0xB2, 0x04, 0x3E, 0x62, 0x72, 0x61, 0x69, 0x6E, 0x92,
        0xD2,
        0x79, 0xCB,
    ]

    @Test func framesAreThoseOfTensorBoard() {
        #expect(EventFile.record(Array("brain".utf8)) == Self.framed)
    }

    @Test func aHistogramCountsEveryValueOnce() {
        var summary = Summary()
        summary.addHistogram("none", [])
        summary.addHistogram("broken", [.nan])
        summary.addScalar("unknown", nil)
        summary.addScalar("broken", .infinity)
        summary.addImage("broken", png: [1, 2, 3])
        #expect(summary.isEmpty)
        summary.addHistogram("one", [3, 3, 3])
        #expect(!summary.isEmpty)
    }

    @Test func aNewRunRemovesItsOwnFilesOnly() throws {
        let scratch = ScratchFolder()
        let folder = scratch.path + "/run.tensorboard"
        _ = try EventFile(folder: folder, resumingAfter: nil)
        #expect(scratch.names(in: "run.tensorboard").count == 1)
        _ = scratch.write([1], to: "run.tensorboard/events.out.tfevents.1.somebody")
        _ = try EventFile(folder: folder, resumingAfter: ReportPlace(epochs: 1, step: 10))
        #expect(scratch.names(in: "run.tensorboard").count == 3)
        _ = try EventFile(folder: folder, resumingAfter: nil)
        let names = scratch.names(in: "run.tensorboard")
        #expect(names.count == 2 && names.contains("events.out.tfevents.1.somebody"))
    }
}
