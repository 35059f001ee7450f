internal import CTensorKernels

/// A convolution of images `[in, H, W]` with `weight` `[out, in, kernel, kernel]` and `bias` `[out]`, as PyTorch's
/// `nn.Conv2d`. Rows are `[C, H, W]`, row-major, on both sides.
struct Convolution: Layer {
    let geometry: ConvolutionGeometry

    var inputShape: Shape { geometry.inputShape }
    var outputShape: Shape { geometry.outputShape }
    var imageLayout: ImageLayout? { .channelsLast }
    var parameters: [ParameterSpecification] {
        let (inputs, outputs) = (geometry.configuration.inputs, geometry.configuration.outputs)
        let kernel = geometry.configuration.kernel
        let (fanIn, fanOut) = (inputs * kernel * kernel, outputs * kernel * kernel)
        return [
            ParameterSpecification(
                name: "weight", shape: [outputs, inputs, kernel, kernel], fanIn: fanIn, fanOut: fanOut),
            ParameterSpecification(name: "bias", shape: [outputs], fanIn: fanIn, fanOut: fanOut),
        ]
    }

    func makeTrainingKernel() throws(ModelError) -> any TrainingKernel {
        try ConvolutionKernel(geometry, isTransposed: false)
    }

    var inferenceImages: (input: RowImage, output: RowImage, mayBePlanar: Bool)? {
        (RowImage(inputShape), RowImage(outputShape), tk_packed_may_be_planar(geometry.window(transposed: false)))
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
            placement, "convolution \(inputShape)→\(outputShape)",
            tk_packed_convolution_create(
                geometry.window(transposed: false), parameters, parameters + weightCount,
                PackedOperation.options(placement)))
    }
}
