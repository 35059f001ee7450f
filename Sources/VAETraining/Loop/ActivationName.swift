internal import VAE

/// The activations a run can be told to use, under the names they have in a checkpoint.
public enum ActivationName: String, Hashable, Sendable, Codable, CaseIterable {
    case relu, tanh, sigmoid, silu
    case leakyReLU = "leaky_relu"

    var activation: Activation {
        switch self {
        case .relu: .relu
        case .tanh: .tanh
        case .sigmoid: .sigmoid
        case .silu: .silu
        case .leakyReLU: .leakyReLU(slope: 0.01)
        }
    }
}
