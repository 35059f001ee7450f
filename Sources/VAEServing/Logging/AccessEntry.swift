internal import HTTPServer

/// What the access log tells of one exchange.
struct AccessEntry {
    var time = Timestamp()
    var client = ""
    var method = ""
    var path = ""
    var query = ""
    /// As metrics name it; `nil` for a path that leads nowhere.
    var route: String?
    /// 0 when the exchange ended without a reply.
    var status = 0
    var end = HTTPExchangeSummary.End.sent
    var bytesIn = 0
    var bytesOut = 0
    /// From the headers to the end of the reply.
    var nanoseconds: UInt64 = 0
    /// Of requests that a worker took.
    var times: TripTimes?
    var requestID = ""
    var traceID: Substring?
    var userAgent: String?

    init() {}

    init(_ request: HTTPRequest, _ operation: Operation?, _ summary: HTTPExchangeSummary) {
        client = request.clientAddress
        method = request.methodName
        path = request.path
        query = request.rawQuery
        route = operation?.route
        status = summary.status
        end = summary.end
        bytesIn = summary.requestBytes
        bytesOut = request.method == .head ? 0 : summary.responseBytes
        nanoseconds = summary.finishedNanoseconds &- summary.arrivalNanoseconds
        times = TripTimes(summary)
        requestID = request.id
        traceID = TraceParent(request)?.traceID
        userAgent = request.header("User-Agent")
    }

    /// Bytes of a path or a query, and of a user agent, that are logged.
    private static let (targetLimit, agentLimit) = (1024, 256)

    /// `TIME CLIENT METHOD TARGET STATUS name=value …`.
    func text(into line: inout LogLine) {
        line.time(time)
        line.literal(" ")
        line.visible(client.isEmpty ? "-" : client)
        line.literal(" ")
        line.visible(method, limit: 32)
        line.literal(" \"")
        line.visible(path, limit: Self.targetLimit)
        if !query.isEmpty {
            line.literal("?")
            line.visible(query, limit: Self.targetLimit)
        }
        line.literal("\" ")
        line.number(status)
        line.literal(" end=")
        line.literal(end.word)
        line.literal(" in=")
        line.number(bytesIn)
        line.literal(" out=")
        line.number(bytesOut)
        line.literal(" ms=")
        line.milliseconds(nanoseconds)
        if let times {
            line.literal(" queue=")
            line.milliseconds(times.queue)
            line.literal(" compute=")
            line.milliseconds(times.compute)
        }
        line.literal(" id=\"")
        line.visible(requestID)
        if let traceID {
            line.literal("\" trace=\"")
            line.visible(String(traceID))
        }
        line.literal("\" agent=\"")
        line.visible(userAgent ?? "-", limit: Self.agentLimit)
        line.literal("\"")
    }

    /// One JSON object; what is not known is left out.
    func json(into line: inout LogLine) {
        line.literal("{\"time\":\"")
        line.time(time)
        line.literal("\",\"client\":\"")
        line.json(client)
        line.literal("\",\"method\":\"")
        line.json(method, limit: 32)
        line.literal("\",\"path\":\"")
        line.json(path, limit: Self.targetLimit)
        if !query.isEmpty {
            line.literal("\",\"query\":\"")
            line.json(query, limit: Self.targetLimit)
        }
        if let route {
            line.literal("\",\"route\":\"")
            line.json(route)
        }
        line.literal("\",\"status\":")
        line.number(status)
        line.literal(",\"end\":\"")
        line.literal(end.word)
        line.literal("\",\"bytes_in\":")
        line.number(bytesIn)
        line.literal(",\"bytes_out\":")
        line.number(bytesOut)
        line.literal(",\"duration_ms\":")
        line.milliseconds(nanoseconds)
        if let times {
            line.literal(",\"queue_ms\":")
            line.milliseconds(times.queue)
            line.literal(",\"compute_ms\":")
            line.milliseconds(times.compute)
        }
        line.literal(",\"request_id\":\"")
        line.json(requestID)
        if let traceID {
            line.literal("\",\"trace_id\":\"")
            line.json(String(traceID))
        }
        if let userAgent {
            line.literal("\",\"user_agent\":\"")
            line.json(userAgent, limit: Self.agentLimit)
        }
        line.literal("\"}")
    }
}

extension HTTPExchangeSummary.End {
    fileprivate var word: StaticString {
        switch self {
        case .sent: "sent"
        case .clientLost: "client_lost"
        case .deadline: "deadline"
        case .stopped: "stopped"
        }
    }
}
