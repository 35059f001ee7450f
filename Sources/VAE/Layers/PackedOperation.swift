internal import CTensorKernels

/// A linear layer or a convolution, with its weights in the order in which the processor's registers take them.
/// `@unchecked Sendable` because the C object is immutable once created.
@safe final class PackedOperation: InferenceOperation, @unchecked Sendable {
    let input: RowFormat
    let output: RowFormat
    let scratchBytes: Int
    private let handle: OpaquePointer

    /// Owns `handle`, which was made for `placement`; throws when there is none.
    init(_ placement: InferencePlacement, _ name: String, _ handle: OpaquePointer?) throws(ModelError) {
        guard let handle = unsafe handle else { throw .kernel("\(name): its weights could not be packed") }
        unsafe self.handle = handle
        input = placement.input
        output = placement.output
        scratchBytes = unsafe tk_packed_scratch_bytes(handle)
    }

    deinit { unsafe tk_packed_destroy(handle) }

    /// What a layer's place asks of its kernel.
    static func options(_ placement: InferencePlacement) -> tk_packed_options {
        tk_packed_options(
            input: placement.input.precision.kernel, output: placement.output.precision.kernel,
            activation: placement.activation?.kernel ?? tk_activation(kind: TK_IDENTITY, slope: 0),
            planar_output: placement.planarOutput, instructions: TK_FASTEST)
    }

    func run(
        rows: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
    ) {
        unsafe tk_packed_run(handle, rows, input, output, scratch)
    }
}
