internal import HTTPServer

/// A request between its last byte and a worker.
struct WaitingRequest {
    let request: HTTPRequest
    /// The request's own, which cannot be read from it any more once it is answered.
    let tag: RequestTag
    /// When it was queued, in nanoseconds of `HTTPServer.now`.
    let queued: UInt64
    /// When nobody waits for its reply any more; `.max` without a deadline.
    let deadline: UInt64
}
