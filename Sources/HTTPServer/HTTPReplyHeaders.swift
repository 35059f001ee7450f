internal import CMicroHTTPD

/// The header lines of a reply that is about to be sent. Valid only inside `HTTPHandler.willReply`.
@safe
public struct HTTPReplyHeaders: ~Copyable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    /// Adds a header line. Control characters in `value` become blanks.
    public func add(_ name: StaticString, _ value: String) {
        unsafe value.withCString { unsafe add(name, $0) }
    }

    /// Adds a header line whose value is a C string: one formatted on the stack costs no `String`.
    public func add(_ name: StaticString, _ value: UnsafePointer<CChar>) {
        precondition(name.hasPointerRepresentation, "a header's name has more than one letter")
        unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
            unsafe hs_response_header(handle, $0, value)
        }
    }
}
