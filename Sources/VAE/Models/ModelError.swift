internal import CTensorKernels

/// What can be wrong with a model: its description, or the machine it should run on.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// The description contradicts itself or asks for something unknown.
    case configuration(String)
    /// A kernel could not be prepared or run: memory, or a processor without an implementation.
    case kernel(String)

    /// What was expected and what was found.
    public var detail: String {
        switch self {
        case .configuration(let detail), .kernel(let detail): detail
        }
    }

    /// The same with its kind in front.
    public var description: String {
        switch self {
        case .configuration(let detail): "model configuration: \(detail)"
        case .kernel(let detail): "kernel: \(detail)"
        }
    }

    static func check(_ status: tk_status) throws(ModelError) {
        switch status {
        case TK_OK: return
        case TK_OUT_OF_MEMORY: throw .kernel("out of memory")
        case TK_UNSUPPORTED: throw .kernel("no implementation for this shape on this processor")
        default: throw .kernel("the library reported a run-time error")
        }
    }
}
