internal import CTensorKernels

/// An element-wise non-linearity, under its name in a checkpoint's layer list.
public enum Activation: Hashable, Sendable {
    /// max(x, 0).
    case relu
    /// Hyperbolic tangent.
    case tanh
    /// 1 / (1 + e⁻ˣ).
    case sigmoid
    /// x above zero, `slope`·x below.
    case leakyReLU(slope: Float)
    /// x·sigmoid(x), also called swish.
    case silu

    /// Whether the derivative can be told from the result, so that what went in need not be kept.
    var hasDerivativeOfResult: Bool {
        switch self {
        case .relu, .tanh, .sigmoid: true
        case .leakyReLU(let slope): slope >= 0
        case .silu: false
        }
    }

    /// As the kernels name it.
    var kernel: tk_activation {
        switch self {
        case .relu: tk_activation(kind: TK_RELU, slope: 0)
        case .tanh: tk_activation(kind: TK_TANH, slope: 0)
        case .sigmoid: tk_activation(kind: TK_SIGMOID, slope: 0)
        case .leakyReLU(let slope): tk_activation(kind: TK_LEAKY_RELU, slope: slope)
        case .silu: tk_activation(kind: TK_SILU, slope: 0)
        }
    }
}

/// An activation as a layer of its own: no parameters, shape unchanged.
struct ActivationLayer: Layer {
    let activation: Activation
    let inputShape: Shape
    var outputShape: Shape { inputShape }
    var parameters: [ParameterSpecification] { [] }
    var fusibleActivation: Activation? { activation }
    var imageLayout: ImageLayout? { nil }

    func makeTrainingKernel() -> any TrainingKernel { Kernel(layer: self) }

    func makeInferenceOperation(
        parameters: UnsafePointer<Float>, _ placement: InferencePlacement
    ) -> any InferenceOperation {
        precondition(placement.activation == nil, "two activations in a row do not fuse")
        return Operation(activation: activation, input: placement.input, output: placement.output)
    }

    /// Forward beside backward.
    private final class Kernel: TrainingKernel {
        let activation: tk_activation
        let width: Int

        init(layer: ActivationLayer) {
            activation = layer.activation.kernel
            width = layer.inputShape.elementCount
        }

        func forward(
            rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
            output: UnsafeMutablePointer<Float>
        ) {
            unsafe tk_activation_forward(activation, rows * width, input, output)
        }

        func backward(
            rows: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
            outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
            parameterGradient: UnsafeMutablePointer<Float>
        ) {
            guard let inputGradient = unsafe inputGradient else { return }
            unsafe tk_activation_backward(activation, rows * width, input, output, outputGradient, inputGradient)
        }
    }

    /// For an activation that follows nothing it could be fused with.
    private struct Operation: InferenceOperation {
        let activation: Activation
        let input, output: RowFormat

        func run(
            rows: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
        ) {
            let count = rows * self.input.image.elementCount
            unsafe tk_activation_forward(
                activation.kernel, count, input.assumingMemoryBound(to: Float.self),
                output.assumingMemoryBound(to: Float.self))
        }
    }
}
