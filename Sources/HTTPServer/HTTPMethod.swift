/// A request method.
public enum HTTPMethod: UInt8, Sendable, CaseIterable {
    /// Any of the methods a server usually knows.
    case get, head, post, put, delete, options, patch
    /// Any other; see `HTTPRequest.methodName`.
    case other

    /// Methods are case-sensitive: `get` is `other`.
    init(name: Span<UInt8>) {
        self = .other
        for (method, spelling) in Self.spellings where name.count == spelling.utf8CodeUnitCount {
            if name.indices.allSatisfy({ unsafe name[$0] == spelling.utf8Start[$0] }) {
                self = method
                return
            }
        }
    }

    private static let spellings: [(HTTPMethod, StaticString)] = [
        (.get, "GET"), (.post, "POST"), (.head, "HEAD"), (.put, "PUT"), (.delete, "DELETE"), (.options, "OPTIONS"),
        (.patch, "PATCH"),
    ]
}
