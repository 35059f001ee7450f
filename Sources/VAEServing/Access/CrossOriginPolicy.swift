internal import HTTPServer

/// Which web pages of other origins may read replies (the CORS protocol of the Fetch standard).
package struct CrossOriginPolicy: Sendable {
    private let origins: Set<String>
    private let allowsAll: Bool

    /// Request headers a page may send besides those that need no leave.
    private static let requestHeaders =
        "Authorization, Content-Encoding, Content-Type, If-None-Match, Inference-Header-Content-Length, X-Request-Id, "
        + "X-Request-Timeout, traceparent, tracestate"
    /// Reply headers a page may read besides those that need no leave.
    private static let replyHeaders =
        "X-Request-Id, X-VAE-Seed, X-VAE-Shape, ETag, Inference-Header-Content-Length, Server-Timing, Retry-After, "
        + "dtype, shape, traceparent"

    /// Each of `origins` is `*`, or `scheme://host` with an optional port, as browsers send it; each may hold several,
    /// separated by commas. `nil` for none.
    package init?(_ origins: [String]) throws(InvalidOrigin) {
        let listed = origins.flatMap { $0.split(separator: ",").map { trimmed($0) } }.filter { !$0.isEmpty }
        guard !listed.isEmpty else { return nil }
        for origin in listed where origin != "*" && !Self.isOrigin(origin) { throw InvalidOrigin(found: origin) }
        allowsAll = listed.contains("*")
        self.origins = Set(listed)
    }

    /// What a flag holds that is no origin.
    package struct InvalidOrigin: Error, CustomStringConvertible {
        package let found: String

        package var description: String {
            "an origin is * or scheme://host[:port] in lower case, such as https://app.example.com; found \"\(found)\""
        }
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let host = text.utf8.dropFirst(scheme.utf8.count)
        return !host.isEmpty
            && host.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): true
                default: false
                }
            }
    }

    /// The value of `Access-Control-Allow-Origin` for `origin`; `nil` when it is not allowed.
    func allowed(_ origin: String) -> String? { allowsAll ? "*" : origins.contains(origin) ? origin : nil }

    /// Adds what a reply to a page of another origin needs. Errors too: a page that cannot read them is told nothing.
    func add(to headers: borrowing HTTPReplyHeaders, _ request: HTTPRequest) {
        if !allowsAll { headers.add("Vary", "Origin") }
        guard let origin = request.header("Origin"), let allowed = allowed(origin) else { return }
        headers.add("Access-Control-Allow-Origin", allowed)
        headers.add("Access-Control-Expose-Headers", Self.replyHeaders)
    }

    /// The reply to OPTIONS: what `operation` takes, and for how long the browser may remember. `add` does the rest.
    func preflight(_ request: HTTPRequest, _ operation: Operation) -> HTTPResponse {
        var response = HTTPResponse(status: 204)
        let methods = operation.allowedMethods + ", OPTIONS"
        response.setHeader("Allow", methods)
        guard let origin = request.header("Origin"), allowed(origin) != nil else { return response }
        response.setHeader("Access-Control-Allow-Methods", operation.allowedMethods)
        response.setHeader("Access-Control-Allow-Headers", Self.requestHeaders)
        response.setHeader("Access-Control-Max-Age", "600")
        return response
    }
}
