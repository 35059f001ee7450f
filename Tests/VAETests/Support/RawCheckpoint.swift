@testable import VAE

/// A checkpoint as text and bytes, so that a test can get any part of it wrong. Unchanged, it loads: 1×1×2 images, one
/// latent dimension, `encoder.1` and `decoder.0` linear.
struct RawCheckpoint {
    /// One entry of the header, each field as JSON text.
    struct Tensor {
        var name: String
        var dtype = #""F32""#
        var shape: String
        var offsets: String

        var json: String { #""\#(name)":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}"# }
    }

    var config = """
        {"input":[1,1,2],"latent":1,"encoder":[{"type":"flatten"},{"type":"linear","in":2,"out":3},{"type":"relu"}],\
        "decoder":[{"type":"linear","in":1,"out":2}],"likelihood":"bernoulli","sigma":"log_variance",\
        "log_variance_clamp":[-10,10]}
        """
    /// Besides `config`, which is added.
    var metadata = ["format": "vae-checkpoint", "version": "1"]
    /// Replaces all of `__metadata__` when set.
    var metadataJSON: String?
    /// Order of the data section.
    var tensors = [
        Tensor(name: "encoder.1.weight", shape: "[3,2]", offsets: "[0,24]"),
        Tensor(name: "encoder.1.bias", shape: "[3]", offsets: "[24,36]"),
        Tensor(name: "mu.weight", shape: "[1,3]", offsets: "[36,48]"),
        Tensor(name: "mu.bias", shape: "[1]", offsets: "[48,52]"),
        Tensor(name: "sigma.weight", shape: "[1,3]", offsets: "[52,64]"),
        Tensor(name: "sigma.bias", shape: "[1]", offsets: "[64,68]"),
        Tensor(name: "decoder.0.weight", shape: "[2,1]", offsets: "[68,76]"),
        Tensor(name: "decoder.0.bias", shape: "[2]", offsets: "[76,84]"),
    ]
    var values: [Float] = (0..<21).map { Float($0) / 8 - 1 }
    /// Entries of the header after all others, as JSON text.
    var extraEntries: [String] = []
    /// Replaces the whole header when set.
    var header: String?
    /// Replaces the header length when set.
    var headerLength: UInt64?

    var bytes: [UInt8] {
        let header = Array((header ?? composedHeader).utf8)
        let length = headerLength ?? UInt64(header.count)
        let data = values.flatMap { Self.bytes($0.bitPattern) }
        return Self.bytes(length) + header + data
    }

    private var composedHeader: String {
        let all = metadata.merging(["config": config]) { _, new in new }
        let strings = all.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
        let metadata = metadataJSON ?? "{\(strings.joined(separator: ","))}"
        return "{" + ([#""__metadata__":\#(metadata)"#] + tensors.map(\.json) + extraEntries).joined(separator: ",")
            + "}"
    }

    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
