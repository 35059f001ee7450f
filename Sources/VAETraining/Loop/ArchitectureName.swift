internal import VAE

/// The families of layer lists a run can be told to use.
public enum ArchitectureName: String, Hashable, Sendable, Codable, CaseIterable {
    /// Linear layers of chosen widths: images of any size.
    case mlp
    /// The convolutions of disentanglement_lib: images of 64×64.
    case conv64
    /// Convolutions of chosen channels, each of which halves the image.
    case conv

    /// Latent dimensions unless told otherwise: of the PyTorch examples' VAE, of disentanglement_lib, and as many as
    /// photographs need.
    var defaultLatent: Int {
        switch self {
        case .mlp: 20
        case .conv64: 10
        case .conv: 128
        }
    }
}
