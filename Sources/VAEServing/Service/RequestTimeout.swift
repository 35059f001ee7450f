internal import HTTPServer

/// How long a client waits: `X-Request-Timeout: 0.25`, `0.25s` or `250ms`.
enum RequestTimeout {
    /// The header's name.
    static let header = "X-Request-Timeout"
    private static let seconds = 0.001...3600.0

    /// When the reply to `request` is no longer wanted, in nanoseconds of `HTTPServer.now`: what its header says, but
    /// no later than `limit` nanoseconds after its arrival. `.max` with neither.
    static func deadline(of request: HTTPRequest, limit: UInt64?) throws(RequestError) -> UInt64 {
        var nanoseconds = limit ?? .max
        if let text = request.header(header) { nanoseconds = min(nanoseconds, try parse(text)) }
        let (deadline, overflow) = request.arrivalNanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .max : deadline
    }

    private static func parse(_ text: String) throws(RequestError) -> UInt64 {
        let scale = text.hasSuffix("ms") ? 1e-3 : 1
        let digits = text.hasSuffix("ms") ? text.dropLast(2) : text.hasSuffix("s") ? text.dropLast() : text[...]
        guard let number = Double(digits), seconds.contains(number * scale) else {
            throw .invalidValue(
                "\(header) must be 0.001…3600 seconds, such as 2, 0.25s or 250ms; found \"\(clipped(text))\"")
        }
        return UInt64((number * scale * 1e9).rounded())
    }
}
