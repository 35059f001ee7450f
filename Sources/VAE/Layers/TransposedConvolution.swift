internal import CTensorKernels

/// A transposed convolution of images `[in, H, W]` with `weight` `[in, out, kernel, kernel]` and `bias` `[out]`, as
/// PyTorch's `nn.ConvTranspose2d`: the backward pass, with respect to its input, of a convolution with the same weights.
/// Rows are `[C, H, W]`, row-major, on both sides.
struct TransposedConvolution: Layer {
    let geometry: ConvolutionGeometry

    var inputShape: Shape { geometry.inputShape }
    var outputShape: Shape { geometry.outputShape }
    var imageLayout: ImageLayout? { .channelsLast }
    var parameters: [ParameterSpecification] {
        let (inputs, outputs) = (geometry.configuration.inputs, geometry.configuration.outputs)
        let kernel = geometry.configuration.kernel
        // PyTorch reads both off the weight's shape as for a convolution; they are the fans of its transpose.
        let (fanIn, fanOut) = (outputs * kernel * kernel, inputs * kernel * kernel)
        return [
            ParameterSpecification(
                name: "weight", shape: [inputs, outputs, kernel, kernel], fanIn: fanIn, fanOut: fanOut),
            ParameterSpecification(name: "bias", shape: [outputs], fanIn: fanIn, fanOut: fanOut),
        ]
    }

    func makeTrainingKernel() throws(ModelError) -> any TrainingKernel {
        try ConvolutionKernel(geometry, isTransposed: true)
    }

    var inferenceImages: (input: RowImage, output: RowImage, mayBePlanar: Bool)? {
        (RowImage(inputShape), RowImage(outputShape), tk_packed_may_be_planar(geometry.window(transposed: true)))
    }

    /// Pairs of channels are multiplied together, so their number must be even.
    func inferencePrecision(_ precision: Precision) -> Precision {
        geometry.configuration.inputs.isMultiple(of: 2) ? precision : .f32
    }

    func makeInferenceOperation(
        parameters: UnsafePointer<Float>, _ placement: InferencePlacement
    ) throws(ModelError) -> any InferenceOperation {
        let weightCount = parameterCount - geometry.configuration.outputs
        return try unsafe PackedOperation(
            placement, "transposed convolution \(inputShape)→\(outputShape)",
            tk_packed_convolution_create(
                geometry.window(transposed: true), parameters, parameters + weightCount,
                PackedOperation.options(placement)))
    }
}
