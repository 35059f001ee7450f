internal import HTTPServer

/// A request between its last byte and a worker.
struct WaitingRequest {
    let request: HTTPRequest
    /// When it was queued, in nanoseconds of `HTTPServer.now`.
    let queued: UInt64
    /// When nobody waits for its reply any more; `.max` without a deadline.
    let deadline: UInt64
}
