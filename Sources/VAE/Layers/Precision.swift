internal import CTensorKernels

/// The number format of weights and activations in an inference. Sums are float32 in either, and so are the images and
/// codes that go in and come out.
public enum Precision: String, Hashable, Sendable, Codable, CaseIterable {
    /// float32: 24 bits of precision.
    case f32
    /// bfloat16: 8 bits of precision, and twice the products per second where the processor has instructions for it.
    case bf16

    /// Whether this processor has the instructions.
    public var isAvailable: Bool { self == .f32 || tk_has_bfloat16() }

    /// Throws when the processor lacks the instructions.
    public func require() throws(ModelError) {
        guard isAvailable else {
            throw .kernel(
                "precision bf16 needs a processor with AVX512_BF16, which this one does not have; use f32")
        }
    }

    var kernel: tk_number { self == .f32 ? TK_FLOAT32 : TK_BFLOAT16 }
    var byteCount: Int { self == .f32 ? 4 : 2 }
}
