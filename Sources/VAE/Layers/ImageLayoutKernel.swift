internal import CTensorKernels

/// Turns images around between layers that want them in different layouts.
final class ImageLayoutKernel: TrainingKernel {
    private let lines: Int
    private let columns: Int

    /// For images of `shape` that lie the other way so far.
    init(_ shape: Shape, to layout: ImageLayout) {
        let channels = shape.extents[0]
        let pixels = shape.elementCount / channels
        (lines, columns) = layout == .channelsLast ? (channels, pixels) : (pixels, channels)
    }

    func forward(
        rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_transpose(rows, lines, columns, input, output)
    }

    func backward(
        rows: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
        parameterGradient: UnsafeMutablePointer<Float>
    ) {
        guard let inputGradient = unsafe inputGradient else { return }
        unsafe tk_transpose(rows, columns, lines, outputGradient, inputGradient)
    }
}
