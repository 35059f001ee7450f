internal import VAE

/// The families of layer lists a run can be told to use.
public enum ArchitectureName: String, Hashable, Sendable, Codable, CaseIterable {
    /// Linear layers of chosen widths: images of any size.
    case mlp
    /// The convolutions of disentanglement_lib: images of 64×64.
    case conv64

    /// Latent dimensions unless told otherwise: of the PyTorch examples' VAE, and of disentanglement_lib.
    var defaultLatent: Int {
        switch self {
        case .mlp: 20
        case .conv64: 10
        }
    }
}

extension TrainingSettings {
    /// The model for images of `shape`. Throws when the architecture takes others.
    func configuration(for shape: Shape) throws(TrainingError) -> ModelConfiguration {
        switch architecture {
        case .mlp:
            return .dense(
                input: shape.extents, hidden: hidden, latent: latent, activation: activation.activation)
        case .conv64:
            let configuration = ModelConfiguration.convolutional64(channels: shape.extents[0], latent: latent)
            guard configuration.input == shape.extents else {
                throw .setting(
                    "--architecture conv64: expected images of \(Shape(configuration.input)), found \(shape); give "
                        + "other --data, such as shapes:64, or leave --architecture out")
            }
            return configuration
        }
    }

    /// `784-400-20 relu`, or the architecture's name and the size of its code.
    func modelSummary(pixels: Int) -> String {
        switch architecture {
        case .mlp:
            let widths = [pixels] + hidden + [latent]
            return "\(widths.map(String.init).joined(separator: "-")) \(activation.rawValue)"
        case .conv64: return "\(architecture.rawValue) with \(latent) latent dimensions"
        }
    }
}
