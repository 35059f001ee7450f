internal import CMicroHTTPD

/// What is known about an exchange when it is over. Times are nanoseconds of `HTTPServer.now`.
public struct HTTPExchangeSummary: Sendable {
    /// How an exchange can end.
    public enum End: Sendable {
        /// The reply was handed to the kernel in full.
        case sent
        /// The client went away before that.
        case clientLost
        /// The client was too slow and was cut by a deadline.
        case deadline
        /// The server was stopped.
        case stopped
    }

    /// Status of the reply, 0 when there was none.
    public let status: Int
    /// How it ended.
    public let end: End
    /// Bytes of the request's body that arrived.
    public let requestBytes: Int
    /// Bytes of the reply's body.
    public let responseBytes: Int
    /// When the headers were complete.
    public let arrivalNanoseconds: UInt64
    /// When `handle` was called, 0 when it was not.
    public let handoverNanoseconds: UInt64
    /// What `HTTPRequest.begunNanoseconds` was set to, 0 when it was not.
    public let begunNanoseconds: UInt64
    /// When `respond` was called or the request refused, 0 without a reply.
    public let responseNanoseconds: UInt64
    /// When the exchange was over.
    public let finishedNanoseconds: UInt64

    init(_ summary: hs_summary) {
        status = Int(summary.status)
        end =
            switch summary.end {
            case HS_END_SENT: .sent
            case HS_END_DEADLINE: .deadline
            case HS_END_STOPPED: .stopped
            default: .clientLost
            }
        requestBytes = Int(clamping: summary.request_bytes)
        responseBytes = Int(clamping: summary.response_bytes)
        arrivalNanoseconds = summary.arrival_ns
        handoverNanoseconds = summary.handover_ns
        begunNanoseconds = summary.begun_ns
        responseNanoseconds = summary.completed_ns
        finishedNanoseconds = summary.finished_ns
    }
}
