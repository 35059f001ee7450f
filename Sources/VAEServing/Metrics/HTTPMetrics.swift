internal import HTTPServer

/// What the OpenTelemetry conventions count of an HTTP server: durations by method, route and status, sizes by route.
///
/// Counting takes six relaxed additions and no search but that of a bucket.
final class HTTPMetrics: Sendable {
    /// Statuses that are told apart; any other is counted as 500.
    private static let statuses = [
        200, 204, 304, 400, 401, 403, 404, 405, 406, 408, 409, 411, 413, 414, 415, 417, 422, 429, 431, 500, 501, 503,
        504, 505,
    ]
    private static let methods = HTTPMethod.allCases
    /// Operations, and one more for requests that never had a route.
    private static let routes = Operation.allCases.map(\.route) + ["unmatched"]
    /// From 256 bytes, about a digit as PNG, to 16 MiB.
    private static let bytes = (4...12).map { Double(1 << (2 * $0)) }

    private let durations = Histograms(
        count: routes.count * methods.count * statuses.count, bounds: ServiceMetrics.seconds, unit: 1e-9)
    private let requestSizes = Histograms(count: routes.count, bounds: bytes, unit: 1)
    private let responseSizes = Histograms(count: routes.count, bounds: bytes, unit: 1)
    /// Exchanges that ended without a reply.
    private let lost = AtomicCounters(count: 1)
    /// Index in `statuses` of each status from 0 to 599.
    private let statusIndices: [UInt8] = {
        let fallback = UInt8(statuses.firstIndex(of: 500)!)
        return (0..<600).map { status in statuses.firstIndex(of: status).map(UInt8.init) ?? fallback }
    }()

    /// Counts a finished exchange.
    func finished(_ operation: Operation?, _ method: HTTPMethod, _ summary: HTTPExchangeSummary) {
        finished(
            operation, method, status: summary.status,
            nanoseconds: summary.arrivalNanoseconds == 0
                ? 0 : summary.finishedNanoseconds &- summary.arrivalNanoseconds,
            requestBytes: summary.requestBytes, responseBytes: method == .head ? 0 : summary.responseBytes)
    }

    /// The same in numbers. Status 0: there was no reply.
    func finished(
        _ operation: Operation?, _ method: HTTPMethod, status: Int, nanoseconds: UInt64, requestBytes: Int = 0,
        responseBytes: Int = 0
    ) {
        guard status != 0 else {
            lost.add(at: 0)
            return
        }
        let route = operation.map { Int($0.rawValue) } ?? Self.routes.count - 1
        let code = Int(statusIndices[statusIndices.indices.contains(status) ? status : 500])
        durations.observe(nanoseconds, in: Self.index(route: route, method: Int(method.rawValue), code: code))
        requestSizes.observe(UInt64(requestBytes), in: route)
        responseSizes.observe(UInt64(responseBytes), in: route)
    }

    private static func index(route: Int, method: Int, code: Int) -> Int {
        (route * methods.count + method) * statuses.count + code
    }

    /// Routes that were asked for, and nothing of the others.
    func render(into page: inout MetricsPage) {
        let duration = "http_server_request_duration_seconds"
        page.family(duration, .histogram, "Time from a request's headers to the end of its reply.")
        for (route, name) in Self.routes.enumerated() where requestSizes.total(route) > 0 {
            for method in Self.methods {
                for (code, status) in Self.statuses.enumerated() {
                    let index = Self.index(route: route, method: Int(method.rawValue), code: code)
                    guard durations.total(index) > 0 else { continue }
                    let labels = "http_request_method=\"\(method.metricName)\",http_route=\"\(name)\","
                    page.histogram(
                        duration, labels: labels + "http_response_status_code=\"\(status)\"", durations, index)
                }
            }
        }
        render(requestSizes, "http_server_request_body_size_bytes", "Bytes of requests' bodies.", into: &page)
        render(responseSizes, "http_server_response_body_size_bytes", "Bytes of replies' bodies.", into: &page)
        page.single(
            "http_server_lost_clients_total", .counter, "Exchanges that ended without a reply, the client being gone.",
            lost[0])
    }

    private func render(_ sizes: Histograms, _ name: String, _ help: String, into page: inout MetricsPage) {
        page.family(name, .histogram, help)
        for (route, path) in Self.routes.enumerated() where sizes.total(route) > 0 {
            page.histogram(name, labels: "http_route=\"\(path)\"", sizes, route)
        }
    }
}

extension HTTPMethod {
    /// As the conventions name it: methods that nobody knows share one name, so that clients cannot invent samples.
    var metricName: String { self == .other ? "_OTHER" : "\(self)".uppercased() }
}
