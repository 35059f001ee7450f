internal import VAE

extension Operation {
    /// Refuses models of a kind that it cannot do anything with.
    func checkServes(_ loaded: LoadedModel) throws(RequestError) {
        switch self {
        case .encode: return
        case .recommend:
            guard loaded.items != nil else {
                throw .invalidValue("\(loaded.name) is a model of images and has no items to recommend")
            }
            return
        case .decode, .sample, .interpolate, .reconstruct, .traverse, .grid, .arithmetic, .attributes, .edit, .score,
            .distance:
            break
        default:
            guard loaded.architecture.configuration.classes == nil else {
                throw .invalidValue("\(loaded.name) is a conditional model, and \(name) takes no label")
            }
        }
        guard loaded.items == nil else {
            throw .invalidValue("\(loaded.name) is a recommendation model: expected encode or recommend, found \(name)")
        }
    }
}
