import Testing

@testable import VAEServing

/// The scan must accept nothing that the parser refuses, and give the same bits for what both accept.
@Suite struct JSONRowScanTests {
    private static let shapes = [[1, 2, 3], [6], [2, 3]]

    /// Rows as bit patterns, `nil` when the scan leaves the document to the parser.
    private func scanned(_ text: String) -> [[UInt32]]? {
        let bytes = Array(text.utf8)
        return unsafe bytes.withUnsafeBytes { bytes -> [[UInt32]]? in
            guard var scan = unsafe JSONRowScan(bytes, key: "images", shapes: Self.shapes) else { return nil }
            var rows: [[UInt32]] = []
            while !scan.isAtEnd {
                var row = [Float](repeating: 0, count: 6)
                guard unsafe row.withUnsafeMutableBufferPointer({ unsafe scan.next(into: $0.baseAddress!) }) else {
                    return nil
                }
                rows.append(row.map(\.bitPattern))
            }
            return scan.isComplete ? rows : nil
        }
    }

    private func parsed(_ text: String) throws -> [[UInt32]] {
        let reader = JSONReader(maximumBytes: 1 << 20)
        let bytes = Array(text.utf8)
        let images = try #require(try reader.parse(bytes.span)["images"])
        return try images.elements.map { element in
            var row = [Float](repeating: 0, count: 6)
            let shape = try unsafe row.withUnsafeMutableBufferPointer { buffer in
                try unsafe element.readFloats(into: buffer.baseAddress!, capacity: 6)
            }
            #expect(Self.shapes.contains(shape))
            return row.map(\.bitPattern)
        }
    }

    @Test(arguments: [
        "{\"images\":[[0,0.0,1,0.5,0.25,1e-3]]}",
        "{\"images\":[[[0,1,0],[1,0.0,1]],[[[0,1,1],[1,0,0]]],[0,0,0,0,0,0]]}",
        " {\n\t\"images\" : [ [ 0 , 0.0 ,1.0,\r\n0.125, 12345678, 123456789 ] ] } ",
        "{\"images\":[[-0,-0.0,-1.5,1E5,1e+2,2.5e-10]]}",
        "{\"images\":[[0.9921568627450981,7.670624e-10,4.1624896e-22,1.17549435e-38,3.4028234e38,1e-45]]}",
        "{\"images\":[[0.123456789012345678901234567890,9007199254740993.0,1.00000017881393421514957253748434595763683319091796875001,123456789.123456789,0.30000000000000004,1e-30]]}",
    ])
    func sameBitsAsTheParser(text: String) throws {
        #expect(try #require(scanned(text)) == parsed(text))
    }

    /// As a client that divides bytes by 255 writes them, and as long as a decimal can get.
    @Test func pixelsGiveTheSameBits() throws {
        for byte in 0...255 {
            let value = Double(byte) / 255
            let numbers = ["\(value)", "\(Float(value))", "\(value)1", "0.\(byte)5", "-\(value)", "\(value * 1e-9)"]
            let text = "{\"images\":[[\(numbers.joined(separator: ","))]]}"
            #expect(try #require(scanned(text), "\(text)") == parsed(text), "\(text)")
        }
    }

    /// Halfway between two floats, and a little to either side: where two roundings could differ from one.
    @Test func numbersHalfwayBetweenFloatsGiveTheSameBits() throws {
        for numbers in [
            [
                "1.0000000596046448", "1.00000005960464478", "1.000000059604644775", "1.0000000596046447753",
                "1.0000001", "1.00000017881393433",
            ],
            [
                "0.50000002980232239", "0.5000000298023223877", "0.50000002980232238769", "0.5000000298023224", "0.1",
                "0.2",
            ],
        ] {
            let text = "{\"images\":[[\(numbers.joined(separator: ","))]]}"
            #expect(try #require(scanned(text), "\(text)") == parsed(text), "\(text)")
        }
    }

    @Test func randomNumbersGiveTheSameBits() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let numbers = (0..<6).map { index -> String in
                let value = Float(bitPattern: UInt32.random(in: 0..<0x7f80_0000, using: &generator))
                return index % 2 == 0 ? "\(value)" : "\(Double(value) * 0.99)"
            }
            let text = "{\"images\":[[\(numbers.joined(separator: ","))]]}"
            if let rows = scanned(text) { #expect(rows == (try parsed(text)), "\(text)") }
        }
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "{\"images\":[[0,0,0,0,0]]}", "{\"images\":[[0,0,0,0,0,0,0]]}",
        "{\"images\":[[[0,0],[0,0],[0,0]]]}",
        "{\"images \":[[0,0,0,0,0,0]]}", "{\" images\":[[0,0,0,0,0,0]]}", "{\"image\":[[0,0,0,0,0,0]]}",
        "{\"images\":[[00,0,0,0,0,0]]}", "{\"images\":[[0.,0,0,0,0,0]]}", "{\"images\":[[.5,0,0,0,0,0]]}",
        "{\"images\":[[+1,0,0,0,0,0]]}", "{\"images\":[[1e,0,0,0,0,0]]}", "{\"images\":[[1e+,0,0,0,0,0]]}",
        "{\"images\":[[0x1,0,0,0,0,0]]}", "{\"images\":[[NaN,0,0,0,0,0]]}", "{\"images\":[[1e39,0,0,0,0,0]]}",
        "{\"images\":[[0,0,0,0,0,0]", "{\"images\":[[0,0,0,0,0,0],]}", "{\"images\":[[0,0,0,0,0,0]]}x",
        "{\"images\":[[0,0,0,0,0,0]],\"more\":1}", "{\"images\":[[0,0,0,0,0,]]}", "{\"images\":[[0,,0,0,0,0]]}",
        "{\"images\":[[0 0,0,0,0,0]]}", "{\"images\":[\"iVBORw0KGgo=\"]}", "{\"images\":[[true,0,0,0,0,0]]}",
        "{\"images\":[[- 1,0,0,0,0,0]]}", "{\"images\":[[1 .5,0,0,0,0,0]]}", "{\"images\":[[0,0,0,0,0,0",
    ])
    func anythingElseIsLeftToTheParser(text: String) { #expect(scanned(text) == nil) }

    @Test func everyPrefixIsLeftToTheParser() {
        let text = "{\"images\":[[0.5,0.0,1,12345678,0.123456789,1e-10]]}"
        for count in 0..<text.utf8.count { #expect(scanned(String(text.utf8.prefix(count))!) == nil) }
    }
}
