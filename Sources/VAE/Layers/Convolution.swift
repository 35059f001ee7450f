internal import CTensorKernels

/// A convolution of images `[in, H, W]` with `weight` `[out, in, kernel, kernel]` and `bias` `[out]`, as PyTorch's
/// `nn.Conv2d`; or transposed, with `weight` `[in, out, kernel, kernel]`, as `nn.ConvTranspose2d`: the backward pass, with
/// respect to its input, of a convolution with the same weights. Rows are `[C, H, W]`, row-major, on both sides.
struct Convolution: Layer {
    let geometry: ConvolutionGeometry
    let isTransposed: Bool

    var inputShape: Shape { geometry.inputShape }
    var outputShape: Shape { geometry.outputShape }
    var imageLayout: ImageLayout? { .channelsLast }
    var parameters: [ParameterSpecification] {
        let (inputs, outputs) = (geometry.configuration.inputs, geometry.configuration.outputs)
        let kernel = geometry.configuration.kernel
        let (first, second) = isTransposed ? (inputs, outputs) : (outputs, inputs)
        // PyTorch reads both off the weight's shape, whichever way the layer runs.
        let (fanIn, fanOut) = (second * kernel * kernel, first * kernel * kernel)
        return [
            ParameterSpecification(
                name: "weight", shape: [first, second, kernel, kernel], fanIn: fanIn, fanOut: fanOut),
            ParameterSpecification(name: "bias", shape: [outputs], fanIn: fanIn, fanOut: fanOut),
        ]
    }

    var fusesActivations: Bool { true }

    func makeTrainingKernel() throws(ModelError) -> any TrainingKernel { try makeTrainingKernel(FusedActivations()) }

    func makeTrainingKernel(_ fused: FusedActivations) throws(ModelError) -> any TrainingKernel {
        try ConvolutionKernel(geometry, isTransposed: isTransposed, fused)
    }

    var inferenceImages: (input: RowImage, output: RowImage, mayBePlanar: Bool)? {
        (
            RowImage(inputShape), RowImage(outputShape),
            tk_packed_may_be_planar(geometry.window(transposed: isTransposed))
        )
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
            placement, "\(isTransposed ? "transposed " : "")convolution \(inputShape)→\(outputShape)",
            tk_packed_convolution_create(
                geometry.window(transposed: isTransposed), parameters, parameters + weightCount,
                PackedOperation.options(placement)))
    }
}
