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

    func makeTrainingKernel() throws(ModelError) -> any TrainingKernel { try Kernel(inputs: inputs, outputs: outputs) }

    func makeInferenceOperation(
        parameters: UnsafePointer<Float>, fusing activation: Activation?
    ) throws(ModelError) -> any InferenceOperation {
        try unsafe PackedLinear(self, weight: parameters, bias: parameters + inputs * outputs, activation: activation)
    }

    /// Forward beside backward; the weights stay in the arena.
    @safe private final class Kernel: TrainingKernel {
        private let plan: OpaquePointer
        private let weightCount: Int

        init(inputs: Int, outputs: Int) throws(ModelError) {
            guard let plan = unsafe tk_linear_plan_create(Int64(inputs), Int64(outputs)) else {
                throw .kernel("linear layer \(inputs)→\(outputs): no memory for its products")
            }
            unsafe self.plan = plan
            weightCount = inputs * outputs
        }

        deinit { unsafe tk_linear_plan_destroy(plan) }

        func forward(
            rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
            output: UnsafeMutablePointer<Float>
        ) throws(ModelError) {
            try ModelError.check(
                unsafe tk_linear_forward(plan, Int64(rows), input, parameters, parameters + weightCount, output))
        }

        func backward(
            rows: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
            outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
            parameterGradient: UnsafeMutablePointer<Float>
        ) throws(ModelError) {
            if let inputGradient = unsafe inputGradient {
                try ModelError.check(
                    unsafe tk_linear_backward_data(plan, Int64(rows), outputGradient, parameters, inputGradient))
            }
            try ModelError.check(
                unsafe tk_linear_backward_weights(
                    plan, Int64(rows), input, outputGradient, parameterGradient, parameterGradient + weightCount))
        }
    }
}

/// A linear layer's weights in the layout the processor's fastest kernel wants.
/// `@unchecked Sendable` because the C object is immutable once created.
@safe private final class PackedLinear: InferenceOperation, @unchecked Sendable {
    let inputCount: Int
    let outputCount: Int
    private let handle: OpaquePointer

    init(
        _ layer: Linear, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, activation: Activation?
    ) throws(ModelError) {
        let kernel = activation?.kernel ?? tk_activation(kind: TK_IDENTITY, slope: 0)
        guard
            let handle = unsafe tk_packed_linear_create(
                Int64(layer.inputs), Int64(layer.outputs), weight, bias, kernel)
        else { throw .kernel("linear layer \(layer.inputs)→\(layer.outputs): its weights could not be packed") }
        unsafe self.handle = handle
        inputCount = layer.inputs
        outputCount = layer.outputs
    }

    deinit { unsafe tk_packed_linear_destroy(handle) }

    func makePlan() throws(ModelError) -> any InferencePlan { try Plan(self) }

    /// Keeps its layer alive, since the C plan points into it.
    @safe private final class Plan: InferencePlan {
        private let layer: PackedLinear
        private let plan: OpaquePointer

        init(_ layer: PackedLinear) throws(ModelError) {
            guard let plan = unsafe tk_packed_linear_plan_create(layer.handle) else {
                throw .kernel("linear layer \(layer.inputCount)→\(layer.outputCount): no memory for its plan")
            }
            self.layer = layer
            unsafe self.plan = plan
        }

        deinit { unsafe tk_packed_linear_plan_destroy(plan) }

        func forward(
            rows: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
        ) throws(ModelError) {
            try ModelError.check(unsafe tk_packed_linear_forward(plan, Int64(rows), input, output))
        }
    }
}
