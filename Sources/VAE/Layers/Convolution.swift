/// A convolution of images `[in, H, W]` with `weight` `[out, in, kernel, kernel]` and `bias` `[out]`, as PyTorch's
/// `nn.Conv2d`. Rows are `[C, H, W]`, row-major, on both sides.
struct Convolution: Layer {
    let geometry: ConvolutionGeometry

    var inputShape: Shape { geometry.inputShape }
    var outputShape: Shape { geometry.outputShape }
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
        throw .kernel("convolutions cannot be trained yet")
    }

    func makeInferenceOperation(
        parameters: UnsafePointer<Float>, fusing activation: Activation?
    ) throws(ModelError) -> any InferenceOperation {
        throw .kernel("convolutions cannot be served yet")
    }
}
