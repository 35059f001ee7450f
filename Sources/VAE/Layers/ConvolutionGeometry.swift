/// Sizes on both sides of a convolution or a transposed one, checked: what kernels need to know besides the weights.
struct ConvolutionGeometry: Hashable, Sendable {
    /// Channels, window, stride and padding.
    let configuration: ConvolutionConfiguration
    /// `[in, H, W]`.
    let inputShape: Shape
    /// `[out, H′, W′]`.
    let outputShape: Shape

    /// Largest window accepted from a file.
    static let maximumKernel = 16
    /// Largest step accepted from a file.
    static let maximumStride = 8
    /// Most channels accepted from a file.
    static let maximumChannels = 4096

    /// A convolution of images of `shape`: H′ = ⌊(H + 2·padding − kernel) / stride⌋ + 1.
    init(convolving shape: Shape, _ configuration: ConvolutionConfiguration) throws(ModelError) {
        try Self.check(configuration)
        try self.init("conv2d", configuration, of: shape) { extent in
            // Division rounds towards zero, which would take a window that does not fit for one that fits once.
            let positions = extent + 2 * configuration.padding - configuration.kernel
            return positions < 0 ? 0 : positions / configuration.stride + 1
        }
    }

    /// A transposed convolution of images of `shape`: H′ = (H − 1)·stride − 2·padding + kernel + outputPadding, which
    /// is the image that a convolution of the same window would take to `shape`.
    init(
        transposing shape: Shape, _ configuration: ConvolutionConfiguration, outputPadding: Int
    ) throws(ModelError) {
        try Self.check(configuration)
        guard (0..<configuration.stride).contains(outputPadding) else {
            throw .configuration(
                "output_padding should be at least 0 and below the stride \(configuration.stride); "
                    + "it is \(outputPadding)")
        }
        try self.init("conv_transpose2d", configuration, of: shape) { extent in
            (extent - 1) * configuration.stride - 2 * configuration.padding + configuration.kernel + outputPadding
        }
    }

    /// With a checked configuration.
    private init(
        _ name: String, _ configuration: ConvolutionConfiguration, of shape: Shape, extent: (Int) -> Int
    ) throws(ModelError) {
        guard shape.extents.count == 3, shape.extents[0] == configuration.inputs else {
            throw .configuration(
                "\(name) expects images [\(configuration.inputs), height, width], as its \"in\" says; "
                    + "it is given \(shape)")
        }
        // No overflow: extents are at most 2²⁶ (`ModelConfiguration.maximumRowElements`), and the factors are capped.
        let (height, width) = (extent(shape.extents[1]), extent(shape.extents[2]))
        guard height >= 1, width >= 1 else {
            throw .configuration(
                "\(name) of \(shape) with kernel \(configuration.kernel), stride \(configuration.stride) and padding "
                    + "\(configuration.padding) should give an image of at least 1×1; it gives \(height)×\(width)")
        }
        self.configuration = configuration
        inputShape = shape
        outputShape = [configuration.outputs, height, width]
    }

    private static func check(_ configuration: ConvolutionConfiguration) throws(ModelError) {
        func range(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(ModelError) {
            guard allowed.contains(value) else {
                throw .configuration(
                    "\(name) should be \(allowed.lowerBound)…\(allowed.upperBound); it is \(value)")
            }
        }
        try range("\"in\"", configuration.inputs, 1...maximumChannels)
        try range("\"out\"", configuration.outputs, 1...maximumChannels)
        try range("kernel", configuration.kernel, 1...maximumKernel)
        try range("stride", configuration.stride, 1...maximumStride)
        guard (0..<configuration.kernel).contains(configuration.padding) else {
            throw .configuration(
                "padding should be at least 0 and below the kernel \(configuration.kernel); "
                    + "it is \(configuration.padding)")
        }
    }
}
