/// Why a model was not loaded or unloaded as asked.
enum ModelLoadError: Error {
    /// There is no such file, and no such model.
    case absent(String)
    /// The file is no checkpoint that can be served.
    case unusable(String)
    /// Not now: the file is being written.
    case changing(String)
    /// The state of the repository forbids it.
    case conflict(String)
    case directory(ModelRepositoryError)

    var requestError: RequestError {
        switch self {
        case .absent(let text): .unknownModel(text)
        case .unusable(let text): .unusableCheckpoint(text)
        case .changing(let text): .checkpointChanging(text)
        case .conflict(let text): .modelInUse(text)
        case .directory(let error): .internalError(error.description)
        }
    }
}
