/// One entry of a checkpoint's layer list, such as `{"type": "linear", "in": 784, "out": 400}`.
public enum LayerConfiguration: Hashable, Sendable {
    /// `{"type": "linear", "in": …, "out": …}`.
    case linear(inputs: Int, outputs: Int)
    /// `{"type": "relu"}`, `tanh`, `sigmoid`, `silu`, or `{"type": "leaky_relu", "slope": 0.01}`.
    case activation(Activation)
    /// Turns `[C, H, W]` into one vector, as linear layers need it. Costs nothing.
    case flatten
    /// `{"type": "unflatten", "shape": [C, H, W]}` turns a vector back, as convolutions need it. Costs nothing.
    case unflatten(Shape)
    /// `{"type": "conv2d", "in": …, "out": …, "kernel": …, "stride": …, "padding": …}`.
    case conv2d(ConvolutionConfiguration)
    /// `{"type": "conv_transpose2d", …}` with the same keys and perhaps `output_padding`, which is 0 without.
    case convTranspose2d(ConvolutionConfiguration, outputPadding: Int = 0)

    /// What an entry makes of the images or vectors before it.
    enum Step {
        /// Computes.
        case layer(any Layer)
        /// Gives the same numbers another shape.
        case reshape(Shape)
    }

    /// The step behind an output of `shape`. Throws when the two do not fit.
    func makeStep(after shape: Shape) throws(ModelError) -> Step {
        switch self {
        case .linear(let inputs, let outputs):
            guard shape.elementCount == inputs else {
                throw .configuration("a linear layer expects \(inputs) inputs but is given \(shape.elementCount)")
            }
            return .layer(Linear(inputs: inputs, outputs: outputs))
        case .activation(let activation):
            return .layer(ActivationLayer(activation: activation, inputShape: shape))
        case .flatten:
            return .reshape([shape.elementCount])
        case .unflatten(let target):
            let count = target.elementCount(limit: ModelConfiguration.maximumRowElements)
            guard target.extents.count == 3, count == shape.elementCount else {
                throw .configuration(
                    "unflatten expects a shape [channels, height, width] of \(shape.elementCount) numbers; "
                        + "found \(target)")
            }
            return .reshape(target)
        case .conv2d(let configuration):
            return .layer(
                Convolution(geometry: try ConvolutionGeometry(convolving: shape, configuration), isTransposed: false))
        case .convTranspose2d(let configuration, let outputPadding):
            return .layer(
                Convolution(
                    geometry: try ConvolutionGeometry(
                        transposing: shape, configuration, outputPadding: outputPadding), isTransposed: true))
        }
    }
}

extension LayerConfiguration: Codable {
    private enum Key: String, CodingKey {
        case type, inputs = "in", outputs = "out", slope, shape
        case outputPadding = "output_padding"
    }

    /// Reads one entry; an unknown type is an error that names it and lists the known ones.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "linear":
            let inputs = try container.decodePlaced(Int.self, forKey: .inputs)
            let outputs = try container.decodePlaced(Int.self, forKey: .outputs)
            self = .linear(inputs: inputs, outputs: outputs)
        case "relu": self = .activation(.relu)
        case "tanh": self = .activation(.tanh)
        case "sigmoid": self = .activation(.sigmoid)
        case "silu": self = .activation(.silu)
        case "leaky_relu":
            let slope = container.contains(.slope) ? try container.decodePlaced(Float.self, forKey: .slope) : 0.01
            self = .activation(.leakyReLU(slope: slope))
        case "flatten": self = .flatten
        case "unflatten": self = .unflatten(Shape(try container.decodePlaced([Int].self, forKey: .shape)))
        case "conv2d": self = .conv2d(try ConvolutionConfiguration(from: decoder))
        case "conv_transpose2d":
            let given = container.contains(.outputPadding)
            let outputPadding = given ? try container.decodePlaced(Int.self, forKey: .outputPadding) : 0
            self = .convTranspose2d(try ConvolutionConfiguration(from: decoder), outputPadding: outputPadding)
        default:
            throw ModelError.configuration(
                "layer type \"\(type)\" is unknown; known are linear, conv2d, conv_transpose2d, flatten, unflatten, "
                    + "relu, tanh, sigmoid, silu, leaky_relu")
        }
    }

    /// Writes the same form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .linear(let inputs, let outputs):
            try container.encode("linear", forKey: .type)
            try container.encode(inputs, forKey: .inputs)
            try container.encode(outputs, forKey: .outputs)
        case .activation(.relu): try container.encode("relu", forKey: .type)
        case .activation(.tanh): try container.encode("tanh", forKey: .type)
        case .activation(.sigmoid): try container.encode("sigmoid", forKey: .type)
        case .activation(.silu): try container.encode("silu", forKey: .type)
        case .activation(.leakyReLU(let slope)):
            try container.encode("leaky_relu", forKey: .type)
            try container.encode(slope, forKey: .slope)
        case .flatten: try container.encode("flatten", forKey: .type)
        case .unflatten(let shape):
            try container.encode("unflatten", forKey: .type)
            try container.encode(shape.extents, forKey: .shape)
        case .conv2d(let configuration):
            try container.encode("conv2d", forKey: .type)
            try configuration.encode(to: encoder)
        case .convTranspose2d(let configuration, let outputPadding):
            try container.encode("conv_transpose2d", forKey: .type)
            try configuration.encode(to: encoder)
            if outputPadding != 0 { try container.encode(outputPadding, forKey: .outputPadding) }
        }
    }
}
