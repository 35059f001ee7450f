package import HTTPServer

extension VAEService {
    /// Adds what every reply carries, also those that the HTTP layer makes.
    package func willReply(_ request: HTTPRequest, _ headers: borrowing HTTPReplyHeaders) {
        if let times = TripTimes(request) {
            ServerTiming.add(
                to: headers, times, total: request.responseNanoseconds &- request.arrivalNanoseconds)
        }
        if let parent = TraceParent(request) { headers.add("traceparent", parent.value) }
        edge.crossOrigin?.add(to: headers, request)
    }

    /// Counts and notes the exchange.
    package func finished(_ request: HTTPRequest, _ summary: HTTPExchangeSummary) {
        let tag = RequestTag(request.tag)
        let operation = tag.knownOperation
        metrics.finished(operation, request.method, summary)
        if operation == .infer { countFailedInference(request, tag, summary) }
        edge.accessLog?.note(request, operation, summary)
    }

    /// Reads the key file again, as SIGHUP asks; if that fails the old keys stay. Says in the log what came of it.
    package func reloadKeys() {
        guard let keys = edge.keys else { return }
        do throws(KeyFileError) {
            let count = try keys.reload { log($0) }
            log("took over \(count) key(s)")
        } catch { log("the keys stay as they were: \(error)") }
    }
}
