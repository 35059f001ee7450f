/// Something that happened to the models of a repository; one line for the log.
package enum ModelEvent: Sendable, CustomStringConvertible {
    case loaded(name: String, contentHash: String)
    case refused(path: String, reason: String, keepsOld: Bool)
    case removed(name: String, why: String)
    case newDefault(name: String)
    /// The repository as a whole: its directory cannot be read, or the default it names is not served.
    case trouble(String)

    /// Whether somebody should look into it.
    package var isFailure: Bool {
        switch self {
        case .refused, .trouble: true
        case .loaded, .removed, .newDefault: false
        }
    }

    package var description: String {
        switch self {
        case .loaded(let name, let contentHash): "now serving \(name), version \(contentHash)"
        case .refused(let path, let reason, let keepsOld):
            "not serving \(path): \(reason)" + (keepsOld ? "; the version loaded before goes on being served" : "")
        case .removed(let name, let why): "no longer serving \(name): \(why)"
        case .newDefault(let name): "the default model is now \(name)"
        case .trouble(let text): text
        }
    }
}
