import Testing

@testable import VAE

/// Tensors of other types as float32, for files that were not written to be served.
@Suite struct SafetensorsConversionTests {
    /// A file with one tensor `t` of these bytes.
    private static func file(_ type: String, shape: String, _ data: [UInt8]) throws -> SafetensorsFile {
        let header = Array(#"{"t":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(data.count)]}}"#.utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) }
        let directory = try ScratchDirectory()
        return try SafetensorsFile(path: directory.write(length + header + data))
    }

    private static func bytes(_ words: [some FixedWidthInteger]) -> [UInt8] {
        words.flatMap { word in (0..<word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    private static func converted(_ type: String, _ data: [UInt8], count: Int) throws -> [Float] {
        let values = FloatBuffer(count: count)
        try unsafe file(type, shape: "[\(count)]", data).copyConverted("t", shape: [count], to: values.base)
        return values.array()
    }

    /// Bit patterns of IEEE 754 binary16: 1, −2, the largest, the smallest, −0, ∞.
    @Test func halves() throws {
        let found = try Self.converted(
            "F16", Self.bytes([0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8000, 0x7C00] as [UInt16]), count: 6)
        #expect(found == [1, -2, 65504, 0x1p-24, 0, .infinity])
        #expect(found[4].sign == .minus)
    }

    /// The upper halves of float32: 1, π to eight bits, the largest, −∞.
    @Test func brainHalves() throws {
        let found = try Self.converted(
            "BF16", Self.bytes([0x3F80, 0x4049, 0x7F7F, 0xFF80] as [UInt16]), count: 4)
        #expect(found == [1, 3.140625, 0x1.FEp127, -.infinity])
    }

    @Test func doublesAreRounded() throws {
        let values: [Double] = [1.0 / 3, 1e300, Double.leastNonzeroMagnitude, -0.1]
        let found = try Self.converted("F64", Self.bytes(values.map(\.bitPattern)), count: 4)
        #expect(found == [Float(1.0 / 3), .infinity, 0, -0.1])
    }

    @Test func floatsAreThemselvesAcrossChunks() throws {
        let values = (0..<70_000).map { Float($0) / 7 }
        #expect(try Self.converted("F32", Self.bytes(values.map(\.bitPattern)), count: values.count) == values)
    }

    @Test func othersAreRefused() throws {
        let values = FloatBuffer(count: 4)
        func message(_ type: String, _ name: String, _ shape: Shape) throws -> String {
            let file = try Self.file(type, shape: "[4]", Self.bytes([1, 2, 3, 4] as [Int32]))
            let error = #expect(throws: CheckpointError.self) {
                try unsafe file.copyConverted(name, shape: shape, to: values.base)
            }
            return error?.description ?? ""
        }
        let type = try message("I32", "t", [4])
        for part in ["\"t\"", "BF16, F16, F32, F64", "I32"] { #expect(type.contains(part), "\(type)") }
        let shape = try message("F32", "t", [2, 2])
        for part in ["\"t\"", "[2, 2]", "[4]"] { #expect(shape.contains(part), "\(shape)") }
        #expect(try message("F32", "u", [4]).contains("missing"))
    }
}
