/// What the service counts. Rendered for Prometheus without taking any lock.
final class ServiceMetrics: Sendable {
    /// Statuses that are told apart; any other is counted as 500.
    private static let statuses = [
        200, 304, 400, 404, 405, 406, 408, 409, 411, 413, 414, 415, 417, 422, 429, 431, 500, 501, 503, 504, 505,
    ]
    /// Operations, and one more for requests that never had a route.
    private static let routes = Operation.allCases.map(\.route) + ["unmatched"]
    /// From 50 µs, which a small model needs, to 10 s.
    private static let seconds = [
        50e-6, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private let durations = Histograms(count: routes.count * statuses.count, bounds: seconds, unit: 1e-9)
    private let computeTimes = Histograms(count: 1, bounds: seconds, unit: 1e-9)
    private let batchRequests = Histograms(count: 1, bounds: [1, 2, 4, 8, 16, 32, 64, 128], unit: 1)
    /// Rows encoded, rows decoded, results that were not finite, exchanges whose client went away.
    private let counters = AtomicCounters(count: 4)

    /// Counts a finished exchange.
    func finished(_ operation: Operation?, status: Int, nanoseconds: UInt64) {
        guard status != 0 else {
            counters.add(at: 3)
            return
        }
        let route = operation.map { Int($0.rawValue) } ?? Self.routes.count - 1
        let code = Self.statuses.firstIndex(of: status) ?? Self.statuses.firstIndex(of: 500)!
        durations.observe(nanoseconds, in: route * Self.statuses.count + code)
    }

    /// Counts what a worker did at one go.
    func batch(requests: Int, encoded: Int, decoded: Int, nanoseconds: UInt64) {
        batchRequests.observe(UInt64(requests), in: 0)
        computeTimes.observe(nanoseconds, in: 0)
        counters.add(UInt64(encoded), at: 0)
        counters.add(UInt64(decoded), at: 1)
    }

    /// Counts a result that held a NaN or an infinity.
    func nonFinite() { counters.add(at: 2) }

    /// Values that others own, at the moment of rendering.
    struct Gauges {
        let queueDepth: Int
        let activeRequests: Int
        let openConnections: Int
        let models: [(name: String, contentHash: String)]
        var modelLoads: [ModelCatalogue.LoadCount] = []
    }

    /// The page in Prometheus' text format 0.0.4.
    func render(_ gauges: Gauges) -> String {
        var text = ""
        func header(_ name: String, _ type: String, _ help: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        func single(_ name: String, _ type: String, _ help: String, _ value: String) {
            header(name, type, help)
            text += "\(name) \(value)\n"
        }
        let duration = "http_server_request_duration_seconds"
        header(duration, "histogram", "Time from a request's headers to the end of its reply.")
        for (route, name) in Self.routes.enumerated() {
            for (code, status) in Self.statuses.enumerated() {
                let index = route * Self.statuses.count + code
                guard durations.total(index) > 0 else { continue }
                let labels = "http_route=\"\(name)\",http_response_status_code=\"\(status)\""
                durations.render(index, name: duration, labels: labels, into: &text)
            }
        }
        single(
            "http_server_active_requests", "gauge", "Requests begun and not yet over.", "\(gauges.activeRequests)")
        single("http_server_open_connections", "gauge", "Connections open.", "\(gauges.openConnections)")
        single("http_server_lost_clients_total", "counter", "Exchanges that ended without a reply.", "\(counters[3])")
        single("vae_queue_depth", "gauge", "Requests waiting for a worker.", "\(gauges.queueDepth)")
        header("vae_batch_requests", "histogram", "Requests that one worker took at one go.")
        batchRequests.render(0, name: "vae_batch_requests", labels: "", into: &text)
        header("vae_inference_compute_seconds", "histogram", "Time a worker spent on one batch, parsing to replies.")
        computeTimes.render(0, name: "vae_inference_compute_seconds", labels: "", into: &text)
        header("vae_rows_total", "counter", "Rows that went through the encoder or the decoder.")
        text += "vae_rows_total{stage=\"encode\"} \(counters[0])\nvae_rows_total{stage=\"decode\"} \(counters[1])\n"
        single("vae_nonfinite_total", "counter", "Replies withheld because a result was not finite.", "\(counters[2])")
        header("vae_model_info", "gauge", "Models in service.")
        for model in gauges.models {
            text += "vae_model_info{model=\"\(escaped(model.name))\",content_hash=\"\(model.contentHash)\"} 1\n"
        }
        for (name, help, value) in [
            ("vae_model_loads_total", "Checkpoints taken into service under a model's name.", \.loads),
            ("vae_model_load_failures_total", "Checkpoints refused; what was served before is served on.", \.failures),
        ] as [(String, String, KeyPath<ModelCatalogue.LoadCount, Int>)] {
            header(name, "counter", help)
            for count in gauges.modelLoads {
                text += "\(name){model=\"\(escaped(count.name))\"} \(count[keyPath: value])\n"
            }
        }
        let process = ProcessStatus.current
        single(
            "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", "\(process.residentBytes)")
        single(
            "process_cpu_seconds_total", "counter", "Total user and system CPU time in seconds.",
            "\(process.cpuSeconds)")
        single("process_open_fds", "gauge", "Number of open file descriptors.", "\(process.openFiles)")
        return text
    }

    /// A label's value: backslash, quote and line feed escaped.
    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
