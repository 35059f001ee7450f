internal import VAE

/// What the Open Inference Protocol calls a tensor: an input or output of a model, float32 all of them.
enum InferenceTensor: String, CaseIterable {
    /// Images, values 0…1.
    case x
    /// Their reconstruction, or what a code is decoded to.
    case reconstruction = "x_hat"
    /// Of q(z|x).
    case mu, sigma
    /// The codes: `mu`, or draws from q(z|x).
    case z

    static let datatype = "FP32"

    /// Extents of one row.
    func rowExtents(_ architecture: VAEArchitecture) -> [Int] {
        switch self {
        case .x, .reconstruction: architecture.inputShape.extents
        case .mu, .sigma, .z: [architecture.latent]
        }
    }

    /// Extents that a row may have in a request: as above, flat, or without the one channel.
    func acceptedExtents(_ architecture: VAEArchitecture) -> [[Int]] {
        let extents = rowExtents(architecture)
        guard extents.count == 3 else { return [extents] }
        return [extents, [architecture.inputCount]] + (extents[0] == 1 ? [Array(extents.dropFirst())] : [])
    }
}
