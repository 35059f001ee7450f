public import VAE

/// Why a run could not start, or could not go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    /// A setting out of range or in contradiction to another; says which and what to do.
    case setting(String)
    /// The data could not be read.
    case data(DatasetError)
    /// The model could not be built or run.
    case model(ModelError)
    /// A checkpoint could not be read or written.
    case checkpoint(CheckpointError)
    /// Loss or gradients stopped being numbers.
    case diverged(String)
    /// The operating system refused something.
    case system(String)

    /// One line for a terminal.
    public var description: String {
        switch self {
        case .setting(let detail), .diverged(let detail), .system(let detail): detail
        case .data(let error): error.description
        case .model(let error): error.description
        case .checkpoint(let error): error.description
        }
    }
}
