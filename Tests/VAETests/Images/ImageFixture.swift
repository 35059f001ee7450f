import Testing

@testable import VAE

/// A small image file and the rows it should decode to. `ImageFixtures.swift` holds them, made by make_images.py.
struct ImageFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// A shape `[C, H, W]` and its values.
    let expected: [(shape: Shape, values: [Float])]

    init(_ name: String, hex: String, expected: [([Int], String)]) {
        self.name = name
        bytes = ImageFixture.bytes(hex: hex)
        self.expected = expected.map { shape, numbers in
            (Shape(shape), numbers.split(separator: " ").compactMap { Float($0) })
        }
    }

    var testDescription: String { name }

    /// The fixture of this name.
    static func named(_ name: String) throws -> ImageFixture {
        try #require((pngKinds + resized).first { $0.name == name })
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { UInt8($0 > 57 ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension ImageDecoder {
    /// Decodes into an array.
    func row(_ bytes: [UInt8], shape: Shape) throws(ImageError) -> [Float] {
        var values = [Float](repeating: .nan, count: shape.elementCount)
        var row = values.mutableSpan
        try decode(bytes.span, shape: shape, into: &row)
        return values
    }
}

extension EncodedImage {
    /// A copy of the bytes.
    func array() -> [UInt8] {
        withBytes { bytes in bytes.indices.map { bytes[$0] } }
    }
}

/// The largest difference between two rows; infinite when one is NaN or their lengths differ.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { abs($0 - $1) }.reduce(0) { $1 <= $0 ? $0 : $1.isNaN ? .infinity : $1 }
}
