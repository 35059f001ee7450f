import Glibc
import HTTPServer
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
        metrics.http.finished(.sample, .get, status: 200, nanoseconds: 1000, requestBytes: 3, responseBytes: 300)
        metrics.http.finished(.sample, .get, status: 200, nanoseconds: 1000, requestBytes: 4, responseBytes: 500)
        metrics.http.finished(nil, .other, status: 404, nanoseconds: 1000)
        metrics.http.finished(.encode, .post, status: 0, nanoseconds: 1000)
        metrics.http.finished(.encode, .post, status: 418, nanoseconds: 1000)
        metrics.http.finished(.encode, .post, status: 999, nanoseconds: 1000)
        metrics.inference.trip(.decode, queue: 20_000, compute: 70_000)
        metrics.inference.batch(requests: 3, encoded: 5, decoded: 7, nanoseconds: 2000)
        metrics.inference.batch(requests: 3, encoded: 0, decoded: 1, nanoseconds: 2000)
        metrics.inference.nonFinite()
        metrics.inference.rejected(.queueFull)
        for _ in 0..<2 { metrics.inference.dropped(.deadline) }
        metrics.inference.dropped(.clientGone)
        let text = metrics.render(
            ServiceMetrics.Gauges(
                queueDepth: 11, queueLimit: 99, requestsHeld: 15, activeRequests: 12, openConnections: 13,
                refusedConnections: 14, heldBytes: 16, droppedLogLines: 17, models: [("a\"b\\c\nd", "0123")],
                modelLoads: [ModelCatalogue.LoadCount(name: "e\"", loads: 14, failures: 15)]))
        var known: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                #expect(known.insert(String(words[2])).inserted, "\(line) comes twice")
            } else if !line.hasPrefix("#") {
                var name = String(line.prefix { $0 != "{" && $0 != " " })
                for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
                    name = known.contains(name) ? name : String(name.dropLast(suffix.count))
                }
                #expect(known.contains(name), "\(line)")
                #expect(Double(words.last ?? "") != nil, "\(line)")
            }
        }
        let encode = "http_route=\"/v1/models/{model}/encode\""
        for part in [
            "http_request_method=\"GET\",http_route=\"/v1/models/{model}/sample\",http_response_status_code=\"200\"} 2\n",
            "http_request_method=\"_OTHER\",http_route=\"unmatched\",http_response_status_code=\"404\"} 1\n",
            "http_request_method=\"POST\",\(encode),http_response_status_code=\"500\"} 2\n",
            "http_server_request_body_size_bytes_sum{http_route=\"/v1/models/{model}/sample\"} 7.0\n",
            "http_server_response_body_size_bytes_sum{http_route=\"/v1/models/{model}/sample\"} 800.0\n",
            "http_server_response_body_size_bytes_bucket{http_route=\"/v1/models/{model}/sample\",le=\"256.0\"} 0\n",
            "vae_inference_queue_seconds_bucket{op=\"decode\",le=\"5e-05\"} 1\n",
            "vae_inference_compute_seconds_bucket{op=\"decode\",le=\"5e-05\"} 0\n",
            "vae_inference_compute_seconds_bucket{op=\"decode\",le=\"0.0001\"} 1\n", "vae_batch_requests_sum 6.0\n",
            "vae_batch_rows_count{stage=\"encode\"} 1\n", "vae_batch_rows_count{stage=\"decode\"} 2\n",
            "vae_rejected_total{reason=\"queue_full\"} 1\n", "vae_rejected_total{reason=\"unauthorized\"} 0\n",
            "vae_rejected_total{reason=\"connection_limit\"} 14\n", "vae_dropped_total{reason=\"client_gone\"} 1\n",
            "vae_dropped_total{reason=\"deadline\"} 2\n", "http_server_lost_clients_total 1\n", "vae_queue_depth 11\n",
            "vae_queue_limit 99\n", "vae_inflight 3\n", "vae_buffered_bytes 16\n", "vae_log_lines_dropped_total 17\n",
            "http_server_active_requests 12\n", "http_server_open_connections 13\n",
            "vae_rows_total{stage=\"encode\"} 5\n", "vae_rows_total{stage=\"decode\"} 8\n", "vae_nonfinite_total 1\n",
            "vae_model_info{model=\"a\\\"b\\\\c\\nd\",content_hash=\"0123\"} 1\n",
            "vae_model_loads_total{model=\"e\\\"\"} 14\n", "vae_model_load_failures_total{model=\"e\\\"\"} 15\n",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("http_route=\"/livez\""), "what was never asked for takes no lines")
    }

    @Test func theProcessKnowsItself() {
        let status = ProcessStatus.current
        #expect(status.residentBytes > 1 << 20 && status.virtualBytes >= status.residentBytes)
        #expect(status.threads >= 1 && status.cpuSeconds > 0)
        #expect(status.openFiles >= 3 && status.maximumFiles >= status.openFiles)
        let now = Double(time(nil))
        #expect(ProcessStatus.startSeconds <= now + 1 && ProcessStatus.startSeconds > now - 86_400)
    }
}
