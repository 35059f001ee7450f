internal import HTTPServer

/// What the service counts. Counted and rendered without taking any lock.
final class ServiceMetrics: Sendable {
    /// Bounds of every histogram of times: from 50 µs, which a small model needs, to 10 s.
    static let seconds = [
        50e-6, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    let http = HTTPMetrics()
    let inference = InferenceMetrics()

    /// Counts a finished exchange.
    func finished(_ operation: Operation?, _ method: HTTPMethod, _ summary: HTTPExchangeSummary) {
        http.finished(operation, method, summary)
        guard let operation, let times = TripTimes(summary) else { return }
        inference.trip(operation, queue: times.queue, compute: times.compute)
    }

    /// Values that others own, at the moment of rendering.
    struct Gauges {
        var queueDepth = 0
        var queueLimit = 0
        var requestsHeld = 0
        var activeRequests = 0
        var openConnections = 0
        var refusedConnections = 0
        var heldBytes = 0
        var droppedLogLines: UInt64 = 0
        var models: [(name: String, contentHash: String)] = []
        var modelLoads: [ModelCatalogue.LoadCount] = []
    }

    /// The page in Prometheus' text format 0.0.4.
    func render(_ gauges: Gauges) -> String {
        var page = MetricsPage()
        http.render(into: &page)
        page.single(
            "http_server_active_requests", .gauge, "Requests begun and not yet over.", gauges.activeRequests)
        page.single("http_server_open_connections", .gauge, "Connections open.", gauges.openConnections)
        inference.render(refusedConnections: gauges.refusedConnections, into: &page)
        page.single("vae_queue_depth", .gauge, "Requests waiting for a worker.", gauges.queueDepth)
        page.single("vae_queue_limit", .gauge, "Requests that may wait for a worker.", gauges.queueLimit)
        // The request for this page is held too, and is nobody's work.
        let inflight = max(0, gauges.requestsHeld - gauges.queueDepth - 1)
        page.single("vae_inflight", .gauge, "Requests that workers have taken and not yet answered.", inflight)
        page.single(
            "vae_buffered_bytes", .gauge, "Bytes of requests' bodies and of unsent replies held.", gauges.heldBytes)
        page.single(
            "vae_log_lines_dropped_total", .counter, "Log lines dropped because their reader was too slow.",
            gauges.droppedLogLines)
        page.family("vae_model_info", .gauge, "Models in service.")
        for model in gauges.models {
            let labels = "model=\"\(MetricsPage.escaped(model.name))\",content_hash=\"\(model.contentHash)\""
            page.sample("vae_model_info", labels: labels, 1)
        }
        for (name, help, value) in [
            ("vae_model_loads_total", "Checkpoints taken into service under a model's name.", \.loads),
            ("vae_model_load_failures_total", "Checkpoints refused; what was served before is served on.", \.failures),
        ] as [(String, String, KeyPath<ModelCatalogue.LoadCount, Int>)] {
            page.family(name, .counter, help)
            for count in gauges.modelLoads {
                page.sample(name, labels: "model=\"\(MetricsPage.escaped(count.name))\"", count[keyPath: value])
            }
        }
        ProcessStatus.current.render(into: &page)
        return page.text
    }
}
