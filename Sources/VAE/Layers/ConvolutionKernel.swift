internal import CTensorKernels

/// Forward beside backward of a convolution or a transposed one, on one thread; the weights stay in the arena.
/// Images lie `[H, W, C]` on both sides.
@safe final class ConvolutionKernel: TrainingKernel {
    private let plan: OpaquePointer
    private let weightCount: Int

    init(_ geometry: ConvolutionGeometry, isTransposed: Bool, _ fused: FusedActivations) throws(ModelError) {
        let configuration = geometry.configuration
        let (input, output) = (geometry.inputShape.extents, geometry.outputShape.extents)
        let shape = tk_convolution_shape(
            transposed: isTransposed, inputs: Int64(input[0]), input_height: Int64(input[1]),
            input_width: Int64(input[2]), outputs: Int64(output[0]), output_height: Int64(output[1]),
            output_width: Int64(output[2]), kernel: Int64(configuration.kernel), stride: Int64(configuration.stride),
            padding: Int64(configuration.padding), before: fused.kernels.before, after: fused.kernels.after)
        guard let plan = unsafe tk_convolution_plan_create(shape) else {
            throw .kernel("convolution \(geometry.inputShape)→\(geometry.outputShape): no memory for its products")
        }
        unsafe self.plan = plan
        weightCount = configuration.inputs * configuration.outputs * configuration.kernel * configuration.kernel
    }

    deinit { unsafe tk_convolution_plan_destroy(plan) }

    func forward(
        rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        try ModelError.check(
            unsafe tk_convolution_forward(plan, Int64(rows), input, parameters, parameters + weightCount, output))
    }

    func backward(
        rows: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
        parameterGradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        if let inputGradient = unsafe inputGradient {
            try ModelError.check(
                unsafe tk_convolution_backward_data(
                    plan, Int64(rows), outputGradient, parameters, input, inputGradient))
        }
        try ModelError.check(
            unsafe tk_convolution_backward_weights(
                plan, Int64(rows), input, outputGradient, parameterGradient, parameterGradient + weightCount))
    }
}
