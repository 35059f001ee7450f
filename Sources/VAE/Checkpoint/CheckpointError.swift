/// Why a checkpoint could not be read or written. Every case says what was expected and what was found.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
    /// The file could not be opened, read or written; `reason` is the system's.
    case file(path: String, reason: String)
    /// The bytes are no sound safetensors file.
    case format(String)
    /// A sound safetensors file, but not a checkpoint of a VAE this version can run.
    case content(String)

    /// One line for a log or a terminal.
    public var description: String {
        switch self {
        case .file(let path, let reason): "\(path): \(reason)"
        case .format(let detail): "not a valid safetensors file: \(Self.line(detail))"
        case .content(let detail): "not a usable VAE checkpoint: \(Self.line(detail))"
        }
    }

    /// A file's own names and texts are part of the message, so it is cut to a sensible length and keeps to its line.
    private static func line(_ detail: String) -> String {
        let limit = 600
        let scalars = detail.unicodeScalars.prefix(limit).map { $0.properties.generalCategory == .control ? " " : $0 }
        return String(String.UnicodeScalarView(scalars)) + (scalars.count == limit ? "…" : "")
    }
}
