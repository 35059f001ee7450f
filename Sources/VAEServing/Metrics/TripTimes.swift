internal import HTTPServer

/// How long a request waited for a worker, and how long the worker took, in nanoseconds.
struct TripTimes {
    let queue: UInt64
    let compute: UInt64

    /// From the moments of `HTTPServer.now` at which the request was handed over, taken by a worker, and answered.
    init(handover: UInt64, begun: UInt64, response: UInt64) {
        queue = begun > handover ? begun - handover : 0
        compute = response > begun ? response - begun : 0
    }

    /// Of a finished exchange; `nil` when no worker began with it.
    init?(_ summary: HTTPExchangeSummary) {
        guard summary.begunNanoseconds != 0 else { return nil }
        self.init(
            handover: summary.handoverNanoseconds, begun: summary.begunNanoseconds,
            response: summary.responseNanoseconds)
    }

    /// Of a request that is answered and about to be sent; `nil` when no worker began with it.
    init?(_ request: HTTPRequest) {
        let begun = request.begunNanoseconds
        guard begun != 0 else { return nil }
        self.init(handover: request.handoverNanoseconds, begun: begun, response: request.responseNanoseconds)
    }
}
