internal import CMicroHTTPD
internal import Glibc

/// A request, one pointer wide. Everything it returns as a borrow, and the request itself, is dead after `respond`.
///
/// `@unchecked Sendable`: it may move to another thread, one thread at a time uses it, and the C side synchronises the
/// hand-over back (`hs_complete` is legal from any thread).
@safe
public struct HTTPRequest: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    /// The method; a HEAD is answered like a GET, the server leaves out the body.
    public var method: HTTPMethod {
        let bytes = unsafe UnsafeRawBufferPointer(start: hs_method(handle), count: methodLength)
        return HTTPMethod(name: unsafe Span<UInt8>(_unsafeBytes: bytes))
    }

    /// The method as sent.
    public var methodName: String { unsafe String(cString: hs_method(handle)) }

    /// The path, percent-decoded except for `%2F`, which would split a segment. Without the query.
    public var path: String {
        var count = 0
        let bytes = unsafe UnsafeRawBufferPointer(start: hs_path(handle, &count), count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// The path's UTF-8, borrowed: routing needs no allocation.
    public func withPath<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var count = 0
        let bytes = unsafe UnsafeRawBufferPointer(start: hs_path(handle, &count), count: count)
        return try body(unsafe Span<UInt8>(_unsafeBytes: bytes))
    }

    /// The first value of a header, its name in any case; `nil` when absent.
    public func header(_ name: String) -> String? {
        var name = name
        return name.withUTF8 { nameBytes in
            var count = 0
            let start = unsafe nameBytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe characters.baseAddress.flatMap { unsafe hs_header(handle, $0, characters.count, &count) }
            }
            guard let start = unsafe start else { return nil }
            return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
        }
    }

    /// The index in `known` of the first value of a header, letter for letter; `nil` when it is another, or absent. For
    /// the few values that nearly every request has: it makes no `String`.
    public func header(_ name: StaticString, in known: [StaticString]) -> Int? {
        var count = 0
        let start = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount) {
            unsafe hs_header(handle, $0, name.utf8CodeUnitCount, &count)
        }
        guard let start = unsafe start else { return nil }
        return known.firstIndex {
            unsafe $0.utf8CodeUnitCount == count && memcmp($0.utf8Start, start, count) == 0
        }
    }

    /// The `Content-Length`, `nil` without one.
    public var contentLength: Int? {
        let length = unsafe hs_content_length(handle)
        return length < 0 ? nil : Int(length)
    }

    /// Whether there is a query with anything in it.
    public var hasQuery: Bool {
        var count = 0
        _ = unsafe hs_raw_query(handle, &count)
        return count > 0
    }

    /// The body, borrowed until `respond`. Empty in `admit` and in `finished`.
    public var body: UnsafeRawBufferPointer {
        var count = 0
        let start = unsafe hs_body(handle, &count)
        return unsafe UnsafeRawBufferPointer(start: start, count: count)
    }

    /// Puts `body` in place of the one that came, such as what that unpacks to; what `body` lent before is dead.
    public func replaceBody(with body: consuming OutputBuffer) {
        let (base, count) = unsafe body.release()
        unsafe hs_replace_body(handle, base.assumingMemoryBound(to: UInt8.self), count)
    }

    /// The body as a span that cannot outlive the call. Do not respond inside.
    public func withBody<Result: ~Copyable, Failure: Error>(
        _ operation: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try operation(unsafe RawSpan(_unsafeBytes: body))
    }

    /// The client's `X-Request-Id` when it is 1…128 visible ASCII characters without quotes, else a generated one.
    /// Every reply carries it.
    public var id: String {
        var count = 0
        let bytes = unsafe UnsafeRawBufferPointer(start: hs_request_id(handle, &count), count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// A word for the application, kept from `admit` to `finished`; 0 at first.
    public var tag: UInt {
        get { unsafe hs_tag(handle) }
        nonmutating set { unsafe hs_set_tag(handle, newValue) }
    }

    /// In `handle`: whether no other request was handed over since the I/O thread last waited for something to do.
    public var isFirstOfTurn: Bool { unsafe hs_first_of_turn(handle) }

    /// When the headers were complete, in nanoseconds of `HTTPServer.now`.
    public var arrivalNanoseconds: UInt64 { unsafe hs_arrival_ns(handle) }

    /// When `handle` was called, 0 before that.
    public var handoverNanoseconds: UInt64 { unsafe hs_handover_ns(handle) }

    /// When work on the request began, as the application says; 0 at first. To be set before `respond`.
    public var begunNanoseconds: UInt64 {
        get { unsafe hs_begun_ns(handle) }
        nonmutating set { unsafe hs_set_begun_ns(handle, newValue) }
    }

    /// When `respond` was called or the request refused, 0 before that: known in `willReply`.
    public var responseNanoseconds: UInt64 { unsafe hs_completed_ns(handle) }

    /// Lends the value of the one `traceparent` header; empty without one, or with several.
    public func withTraceParent<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var count = 0
        let start = unsafe hs_traceparent(handle, &count)
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return try body(unsafe Span<UInt8>(_unsafeBytes: bytes))
    }

    /// Whether the client has closed its side. Nobody waits for the reply then, but for the rare client that
    /// half-closes after its request; so it is a reason to shed work, not to leave the request unanswered.
    public var clientIsGone: Bool { unsafe hs_client_gone(handle) }

    /// The numeric address of the peer, for logs; formatted anew on each call.
    public var clientAddress: String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let start = text.baseAddress else { return "" }
            unsafe hs_client_address(handle, start, text.count)
            return unsafe String(cString: start)
        }
    }

    /// Answers the request. Exactly once, from any thread; the request is dead afterwards.
    public func respond(_ response: consuming HTTPResponse) {
        let (status, reply) = unsafe response.release()
        unsafe hs_complete(handle, Int32(clamping: status), reply)
    }

    /// Answers with the project's JSON error.
    public func respond(error status: Int, code: String, message: String, headers: [(String, String)] = []) {
        respond(HTTPResponse(errorFor: self, status: status, code: code, message: message, headers: headers))
    }

    private var methodLength: Int {
        var length = 0
        let name = unsafe hs_method(handle)
        while unsafe name[length] != 0 { length += 1 }
        return length
    }
}
