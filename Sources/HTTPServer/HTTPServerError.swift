/// Why a server could not start or stop.
public enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// A setting is out of range, or the address cannot be listened on; the message is meant for the user.
    case cannotStart(String)
    /// The application still holds this many requests: answer them and stop again, or leave the process.
    case requestsHeld(Int)
    /// A new certificate is not good, for this reason; the old one is still in use.
    case certificateRefused(String)

    /// A sentence for the user.
    public var description: String {
        switch self {
        case .cannotStart(let message): message
        case .requestsHeld(let count): "cannot stop the server: \(count) requests are not answered yet"
        case .certificateRefused(let message): message
        }
    }
}
