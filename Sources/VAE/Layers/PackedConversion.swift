internal import CTensorKernels

/// `[C, H, W]` in float32 to `[H, W, C]` in float32 or bfloat16: in front of a network's first convolution.
struct ChannelsLastConversion: InferenceOperation {
    let input, output: RowFormat

    init(_ image: RowImage, precision: Precision) {
        input = RowFormat(image: image.flattened, precision: .f32)
        output = RowFormat(image: image, precision: precision)
    }

    func run(
        rows: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
    ) {
        unsafe tk_channels_last(
            self.output.image.kernel, rows, input.assumingMemoryBound(to: Float.self), self.output.precision.kernel,
            output)
    }
}

/// `[H, W, C]` to `[C, H, W]`, both in float32: behind a last convolution that cannot write it so.
struct PlanarConversion: InferenceOperation {
    let input, output: RowFormat

    init(_ image: RowImage) {
        input = RowFormat(image: image, precision: .f32)
        output = RowFormat(image: image.flattened, precision: .f32)
    }

    func run(
        rows: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
    ) {
        unsafe tk_planar(
            self.input.image.kernel, rows, input.assumingMemoryBound(to: Float.self),
            output.assumingMemoryBound(to: Float.self))
    }
}
