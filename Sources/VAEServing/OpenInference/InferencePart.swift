internal import VAE

/// The Open Inference Protocol knows models that turn tensors into tensors, so a VAE called `mnist` is three of them.
enum InferencePart: Int, CaseIterable {
    /// `mnist`: x to x̂, μ and σ.
    case whole
    /// `mnist_encoder`: x to μ, σ and z.
    case encoder
    /// `mnist_decoder`: z to x̂.
    case decoder

    /// What comes after the VAE's name.
    var suffix: String {
        switch self {
        case .whole: ""
        case .encoder: "_encoder"
        case .decoder: "_decoder"
        }
    }

    /// The part of the VAE called `model` that is called `name`; `nil` when none is.
    init?(_ name: String, of model: String) {
        guard name.hasPrefix(model), let part = Self.allCases.first(where: { name == model + $0.suffix }) else {
            return nil
        }
        self = part
    }

    var input: InferenceTensor { self == .decoder ? .z : .x }

    /// In the order in which metadata lists them.
    var outputs: [InferenceTensor] {
        switch self {
        case .whole: [.reconstruction, .mu, .sigma, .z]
        case .encoder: [.mu, .sigma, .z]
        case .decoder: [.reconstruction]
        }
    }
}

extension LoadedModel {
    /// Whether the protocol can ask anything of it: there is no place for a label, nor for items.
    var infers: Bool { items == nil && architecture.configuration.classes == nil }
}

extension ModelCatalogue {
    /// Finds what the protocol calls `name`. A VAE of that very name wins over another's part.
    func find(_ name: String) -> (model: ServedModel, part: InferencePart)? {
        for part in InferencePart.allCases where name.hasSuffix(part.suffix) {
            guard let slot = slot(of: String(name.dropLast(part.suffix.count))) else { continue }
            return model(inSlot: slot).map { ($0, part) }
        }
        return nil
    }
}
