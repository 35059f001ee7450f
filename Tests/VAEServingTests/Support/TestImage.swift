import FoundationEssentials
import VAE

/// Images of the test model's size in every form that a request may have them.
struct TestImage {
    /// `[height · width]`, different for every index.
    let bytes: [UInt8]

    init(_ index: Int) {
        bytes = (0..<TestModel.pixels).map { UInt8(truncatingIfNeeded: ($0 &* 37) ^ (index &* 101) &+ $0 &* index) }
    }

    /// As the server makes them of `bytes`.
    var floats: [Float] { bytes.map { Float($0) / 255 } }

    var png: [UInt8] {
        get throws {
            let image = ImagePixels(width: TestModel.width, height: TestModel.height, channels: 1, values: bytes)
            return try PNGEncoder().encode(image).withBytes { span in span.indices.map { span[$0] } }
        }
    }

    var base64: String { get throws { Data(try png).base64EncodedString() } }

    /// float32, little-endian.
    var octets: [UInt8] { floats.flatMap { value in withUnsafeLittleEndian(value) } }

    /// `[p, …]`.
    var flat: String { "[" + floats.map { "\($0)" }.joined(separator: ",") + "]" }

    /// `[[p, …], …]`.
    var rows: String {
        let width = TestModel.width
        let lines = (0..<TestModel.height).map { line in
            "[" + floats[(line * width)..<((line + 1) * width)].map { "\($0)" }.joined(separator: ",") + "]"
        }
        return "[" + lines.joined(separator: ",") + "]"
    }

    /// `[[[p, …], …]]`.
    var planes: String { "[\(rows)]" }

    /// A grey JPEG of 5×6, written by Pillow: `Image.fromarray(numpy.add.outer(numpy.arange(6) * 20,
    /// numpy.arange(5) * 30).astype('uint8')).save(file, 'JPEG', quality=50, optimize=True)`.
    static let jpeg = Array(Data(base64Encoded: jpegText) ?? Data())
    private static let jpegText =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1R"
        + "V19iZ2hnPk1xeXBkeFxlZ2P/wAALCAAGAAUBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABoQAAEFAQAAAAAAAAAAAAAA"
        + "AAUAAQMUMUH/2gAIAQEAAD8ASBDxUmzi/9k="

    private func withUnsafeLittleEndian(_ value: Float) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
    }
}

/// `{"z": …}`'s rows.
func text(_ rows: [[Float]]) -> String {
    "[" + rows.map { "[" + $0.map { "\($0)" }.joined(separator: ",") + "]" }.joined(separator: ",") + "]"
}
