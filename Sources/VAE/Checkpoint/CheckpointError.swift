/// Why a checkpoint could not be read or written. Every case says what was expected and what was found.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
    /// The file could not be opened, read or written; `reason` is the system's.
    case file(path: String, reason: String)
    /// The file was being written; what was read of it may be half old, half new.
    case changing(path: String, String)
    /// The bytes are no sound safetensors file.
    case format(String)
    /// A sound safetensors file, but not a checkpoint of a VAE this version can run.
    case content(String)

    /// Whether trying again, when the writer is done, may do.
    public var isChanging: Bool { if case .changing = self { true } else { false } }

    /// One line for a log or a terminal.
    public var description: String {
        switch self {
        case .file(let path, let reason): "\(path): \(reason)"
        case .changing(let path, let detail):
            "\(path): \(detail); write a checkpoint under another name and rename it when it is complete"
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
