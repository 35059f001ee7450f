/// One entry of a checkpoint's layer list, such as `{"type": "linear", "in": 784, "out": 400}`.
public enum LayerConfiguration: Hashable, Sendable {
    /// `{"type": "linear", "in": …, "out": …}`.
    case linear(inputs: Int, outputs: Int)
    /// `{"type": "relu"}`, `tanh`, `sigmoid`, `silu`, or `{"type": "leaky_relu", "slope": 0.01}`.
    case activation(Activation)
    /// Turns `[C, H, W]` into one vector, as linear layers need it. Costs nothing.
    case flatten

    /// The layer behind an output of `shape`. Throws when the two do not fit.
    func makeLayer(after shape: Shape) throws(ModelError) -> (any Layer)? {
        switch self {
        case .linear(let inputs, let outputs):
            guard shape.elementCount == inputs else {
                throw .configuration("a linear layer expects \(inputs) inputs but is given \(shape.elementCount)")
            }
            return Linear(inputs: inputs, outputs: outputs)
        case .activation(let activation):
            return ActivationLayer(activation: activation, inputShape: shape)
        case .flatten:
            return nil
        }
    }
}

extension LayerConfiguration: Codable {
    private enum Key: String, CodingKey {
        case type, inputs = "in", outputs = "out", slope
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
        default:
            throw ModelError.configuration(
                "layer type \"\(type)\" is unknown; known are linear, relu, tanh, sigmoid, silu, leaky_relu, flatten")
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
        }
    }
}
