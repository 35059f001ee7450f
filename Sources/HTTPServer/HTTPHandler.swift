/// What answers the requests of an `HTTPServer`. Every call runs on an I/O thread and must not block: it holds up all
/// connections of that thread.
public protocol HTTPHandler: AnyObject, Sendable {
    /// The headers are in and valid, the body is not read. `nil` accepts the request; a refusal answers it without
    /// the body. Must not respond.
    func admit(_ request: HTTPRequest) -> HTTPRefusal?
    /// The whole request is in. Must cause exactly one `respond`, now or later, from any thread.
    func handle(_ request: HTTPRequest)
    /// The reply to `request`, or its refusal, is about to be sent: the last moment to add header lines to it.
    func willReply(_ request: HTTPRequest, _ headers: borrowing HTTPReplyHeaders)
    /// The exchange is over: the reply was sent, or the client was lost. `request` can be read here one last time,
    /// its body excepted. Also called for requests which the server refused itself, with a tag of 0.
    func finished(_ request: HTTPRequest, _ summary: HTTPExchangeSummary)
    /// A line for the log, such as a protocol error of a client; ten a second at most. Any thread.
    func log(_ message: String)
}

extension HTTPHandler {
    /// Accepts everything.
    public func admit(_ request: HTTPRequest) -> HTTPRefusal? { nil }
    /// Does nothing.
    public func willReply(_ request: HTTPRequest, _ headers: borrowing HTTPReplyHeaders) {}
    /// Does nothing.
    public func finished(_ request: HTTPRequest, _ summary: HTTPExchangeSummary) {}
    /// Does nothing.
    public func log(_ message: String) {}
}

/// An answer in place of a request's handling: an error that needs no body to be known.
public struct HTTPRefusal: Sendable {
    /// HTTP status, 400…599.
    public var status: Int
    /// Machine-readable reason in snake_case.
    public var code: String
    /// What was expected and what was found.
    public var message: String
    /// Headers besides `Content-Type`, such as `Allow` or `Retry-After`.
    public var headers: [(String, String)]

    /// A refusal with the project's JSON error as body.
    public init(status: Int, code: String, message: String, headers: [(String, String)] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }
}
