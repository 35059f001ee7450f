internal import CTensorKernels

/// y = x·Wᵀ + b, with `weight` `[out, in]` and `bias` `[out]`, as PyTorch's `nn.Linear`.
struct Linear: Layer {
    let inputs: Int
    let outputs: Int

    var inputShape: Shape { [inputs] }
    var outputShape: Shape { [outputs] }
    var parameters: [ParameterSpecification] {
        [
            ParameterSpecification(name: "weight", shape: [outputs, inputs], fanIn: inputs, fanOut: outputs),
            ParameterSpecification(name: "bias", shape: [outputs], fanIn: inputs, fanOut: outputs),
        ]
    }

    var fusesActivations: Bool { true }

    func makeTrainingKernel() throws(ModelError) -> any TrainingKernel { try makeTrainingKernel(FusedActivations()) }

    func makeTrainingKernel(_ fused: FusedActivations) throws(ModelError) -> any TrainingKernel {
        try Kernel(inputs: inputs, outputs: outputs, fused)
    }

    /// Pairs of inputs are multiplied together, so their number must be even.
    func inferencePrecision(_ precision: Precision) -> Precision { inputs.isMultiple(of: 2) ? precision : .f32 }

    func makeInferenceOperation(
        parameters: UnsafePointer<Float>, _ placement: InferencePlacement
    ) throws(ModelError) -> any InferenceOperation {
        try unsafe PackedOperation(
            placement, "linear layer \(inputs)→\(outputs)",
            tk_packed_linear_create(
                placement.input.image.kernel, placement.output.image.kernel, parameters,
                parameters + inputs * outputs, PackedOperation.options(placement)))
    }

    /// Forward beside backward; the weights stay in the arena.
    @safe private final class Kernel: TrainingKernel {
        private let plan: OpaquePointer
        private let inputs: Int
        private let outputs: Int
        private let before, after: tk_activation

        init(inputs: Int, outputs: Int, _ fused: FusedActivations) throws(ModelError) {
            guard let plan = unsafe tk_linear_plan_create(Int64(inputs), Int64(outputs)) else {
                throw .kernel("linear layer \(inputs)→\(outputs): no memory for its products")
            }
            unsafe self.plan = plan
            self.inputs = inputs
            self.outputs = outputs
            (before, after) = fused.kernels
        }

        deinit { unsafe tk_linear_plan_destroy(plan) }

        func use(_ precision: Precision) { unsafe tk_linear_plan_use(plan, precision.kernel) }

        func forward(
            rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
            output: UnsafeMutablePointer<Float>
        ) throws(ModelError) {
            try ModelError.check(
                unsafe tk_linear_forward(plan, Int64(rows), input, parameters, parameters + inputs * outputs, output))
            unsafe tk_activation_forward(after, rows * outputs, output, output)
        }

        func backward(
            rows: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
            outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
            parameterGradient: UnsafeMutablePointer<Float>
        ) throws(ModelError) {
            if let inputGradient = unsafe inputGradient {
                try ModelError.check(
                    unsafe tk_linear_backward_data(plan, Int64(rows), outputGradient, parameters, inputGradient))
                unsafe tk_activation_backward(before, rows * inputs, input, input, inputGradient, inputGradient)
            }
            try ModelError.check(
                unsafe tk_linear_backward_weights(
                    plan, Int64(rows), input, outputGradient, parameterGradient, parameterGradient + inputs * outputs))
        }
    }
}
