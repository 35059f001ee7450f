internal import CMicroHTTPD
internal import Glibc

/// A reply under construction. `Date`, `Content-Length`, `X-Request-Id` and `Connection` are the server's.
///
/// `@unchecked Sendable`: noncopyable, so the C object has one owner at a time and no thread of its own.
@safe
public struct HTTPResponse: ~Copyable, @unchecked Sendable {
    /// HTTP status, 200…599.
    public var status: Int
    private let handle: OpaquePointer

    /// A reply with `body`, whose memory goes to the socket without a copy.
    public init(status: Int, contentType: String, body: consuming OutputBuffer) {
        let (base, count) = unsafe body.release()
        self.status = status
        unsafe handle = unsafe hs_response_take(base, count) { unsafe free($0) }
        setHeader("Content-Type", contentType)
    }

    /// A reply whose body is compiled in.
    public init(status: Int, contentType: String, staticBody: StaticString) {
        precondition(staticBody.hasPointerRepresentation, "a literal of one scalar is not stored as bytes")
        self.status = status
        unsafe handle = unsafe hs_response_static(staticBody.utf8Start, staticBody.utf8CodeUnitCount)
        setHeader("Content-Type", contentType)
    }

    /// A reply with a copy of `text`.
    public init(status: Int, contentType: String, text: String) {
        var text = text
        self.status = status
        unsafe handle = text.withUTF8 { unsafe hs_response_copy($0.baseAddress, $0.count) }
        setHeader("Content-Type", contentType)
    }

    /// A reply with a copy of `bytes`.
    public init(status: Int, contentType: String, bytes: [UInt8]) {
        self.status = status
        unsafe handle = unsafe bytes.withUnsafeBytes { unsafe hs_response_copy($0.baseAddress, $0.count) }
        setHeader("Content-Type", contentType)
    }

    /// A reply without a body, such as 204 or 304.
    public init(status: Int) {
        self.status = status
        unsafe handle = unsafe hs_response_static(nil, 0)
    }

    /// The project's JSON error. `request` gives it its id, also in the body; without one an id is made up.
    public init(
        errorFor request: HTTPRequest?, status: Int, code: String, message: String, headers: [(String, String)] = []
    ) {
        self.status = status
        unsafe handle = unsafe hs_error_response(request?.handle, Int32(clamping: status), code, message)
        for (name, value) in headers { setHeader(name, value) }
    }

    deinit {
        unsafe hs_response_free(handle)
    }

    /// Adds a header line. Control characters in `value` become blanks.
    public mutating func setHeader(_ name: String, _ value: String) {
        unsafe hs_response_header(handle, name, value)
    }

    /// Gives the C object away.
    consuming func release() -> (status: Int, handle: OpaquePointer) {
        let parts = unsafe (status, handle)
        discard self
        return unsafe parts
    }
}
