/// Why there is nothing to serve.
package enum ModelRepositoryError: Error, CustomStringConvertible {
    case unreadable(directory: String, reason: String)
    case noModels(directory: String, refused: [(file: String, reason: String)])
    /// `reason`: why its file was refused, if there is one.
    case unknownDefault(String, reason: String?, available: [String])

    package var description: String {
        switch self {
        case .unreadable(let directory, let reason):
            "cannot read the model directory \"\(directory)\": \(reason); give another with --models or VAE_MODELS"
        case .noModels(let directory, let refused) where refused.isEmpty:
            "no *.safetensors file in \"\(directory)\"; make one with `vae-trainer train --out \(directory)/NAME.safetensors`"
        case .noModels(let directory, let refused):
            "no usable checkpoint in \"\(directory)\":"
                + refused.map { "\n  \($0.file): \($0.reason)" }.joined()
        case .unknownDefault(let name, let reason?, _):
            "the default model \"\(name)\" cannot be served: \(reason)"
        case .unknownDefault(let name, nil, let available):
            "there is no model \"\(name)\" to be the default; there are \(available.joined(separator: ", "))"
        }
    }
}
