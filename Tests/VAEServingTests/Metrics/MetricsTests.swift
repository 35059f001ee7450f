import Testing

@testable import VAEServing

@Suite struct MetricsTests {
    @Test func histogramsAreCumulative() {
        let histograms = Histograms(count: 2, bounds: [1, 2, 4], unit: 1)
        for value: UInt64 in [0, 1, 2, 3, 4, 5, 1000] { histograms.observe(value, in: 1) }
        #expect(histograms.total(0) == 0)
        #expect(histograms.total(1) == 7)
        var text = ""
        histograms.render(1, name: "h", labels: "a=\"b\"", into: &text)
        #expect(
            text == """
                h_bucket{a="b",le="1.0"} 2
                h_bucket{a="b",le="2.0"} 3
                h_bucket{a="b",le="4.0"} 5
                h_bucket{a="b",le="+Inf"} 7
                h_sum{a="b"} 1015.0
                h_count{a="b"} 7

                """)
    }

    @Test func unitsAreScaled() {
        let histograms = Histograms(count: 1, bounds: [0.001, 1], unit: 1e-9)
        histograms.observe(1_000_000, in: 0)
        histograms.observe(1_000_001, in: 0)
        var text = ""
        histograms.render(0, name: "h", labels: "", into: &text)
        #expect(
            text.hasPrefix("h_bucket{le=\"0.001\"} 1\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_sum 0.002"))
    }

    @Test func everySampleHasHelpAndType() {
        let metrics = ServiceMetrics()
        metrics.finished(.sample, status: 200, nanoseconds: 1000)
        metrics.finished(nil, status: 404, nanoseconds: 1000)
        metrics.finished(.encode, status: 0, nanoseconds: 1000)
        metrics.finished(.encode, status: 418, nanoseconds: 1000)
        metrics.batch(requests: 3, encoded: 5, decoded: 7, nanoseconds: 2000)
        metrics.nonFinite()
        let text = metrics.render(
            ServiceMetrics.Gauges(
                queueDepth: 11, activeRequests: 12, openConnections: 13, models: [("a\"b\\c\nd", "0123")],
                modelLoads: [ModelCatalogue.LoadCount(name: "e\"", loads: 14, failures: 15)]))
        var known: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                known.insert(String(words[2]))
            } else if !line.hasPrefix("#") {
                var name = String(line.prefix { $0 != "{" && $0 != " " })
                for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                    name = known.contains(name) ? name : String(name.dropLast(suffix.count))
                }
                #expect(known.contains(name), "\(line)")
                #expect(Double(words.last ?? "") != nil, "\(line)")
            }
        }
        for part in [
            "http_route=\"/v1/models/{model}/sample\",http_response_status_code=\"200\"} 1\n",
            "http_route=\"unmatched\",http_response_status_code=\"404\"} 1\n",
            "http_route=\"/v1/models/{model}/encode\",http_response_status_code=\"500\"} 1\n",
            "http_server_lost_clients_total 1\n", "vae_queue_depth 11\n", "http_server_active_requests 12\n",
            "http_server_open_connections 13\n", "vae_rows_total{stage=\"encode\"} 5\n",
            "vae_rows_total{stage=\"decode\"} 7\n", "vae_nonfinite_total 1\n",
            "vae_model_info{model=\"a\\\"b\\\\c\\nd\",content_hash=\"0123\"} 1\n",
            "vae_model_loads_total{model=\"e\\\"\"} 14\n", "vae_model_load_failures_total{model=\"e\\\"\"} 15\n",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
