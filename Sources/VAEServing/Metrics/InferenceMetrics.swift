/// What the way through the VAE counts: waiting, work and batches.
final class InferenceMetrics: Sendable {
    private static let operations = Operation.allCases.filter(\.isTrip)
    private static let stages = ["encode", "decode"]
    private static let powers = (0...10).map { Double(1 << $0) }

    private let queueTimes = Histograms(count: operations.count, bounds: ServiceMetrics.seconds, unit: 1e-9)
    private let computeTimes = Histograms(count: operations.count, bounds: ServiceMetrics.seconds, unit: 1e-9)
    private let batchTimes = Histograms(count: 1, bounds: ServiceMetrics.seconds, unit: 1e-9)
    private let batchRequests = Histograms(count: 1, bounds: Array(powers.prefix(8)), unit: 1)
    /// Rows encoded, rows decoded.
    private let batchRows = Histograms(count: stages.count, bounds: powers, unit: 1)
    private let rejected = AtomicCounters(count: RejectionReason.allCases.count)
    private let dropped = AtomicCounters(count: DropReason.allCases.count)
    private let nonFiniteResults = AtomicCounters(count: 1)

    /// Counts a request that a worker has answered, by its times in nanoseconds.
    func trip(_ operation: Operation, queue: UInt64, compute: UInt64) {
        queueTimes.observe(queue, in: Int(operation.rawValue))
        computeTimes.observe(compute, in: Int(operation.rawValue))
    }

    /// Counts what a worker did at one go.
    func batch(requests: Int, encoded: Int, decoded: Int, nanoseconds: UInt64) {
        batchRequests.observe(UInt64(requests), in: 0)
        batchTimes.observe(nanoseconds, in: 0)
        if encoded > 0 { batchRows.observe(UInt64(encoded), in: 0) }
        if decoded > 0 { batchRows.observe(UInt64(decoded), in: 1) }
    }

    /// Counts a result that held a NaN or an infinity.
    func nonFinite() { nonFiniteResults.add(at: 0) }

    /// Counts a request that was turned away before any work.
    func rejected(_ reason: RejectionReason) { rejected.add(at: reason.rawValue) }

    /// Counts a request that was dropped unrun.
    func dropped(_ reason: DropReason) { dropped.add(at: reason.rawValue) }

    func render(refusedConnections: Int, into page: inout MetricsPage) {
        let (queue, compute) = ("vae_inference_queue_seconds", "vae_inference_compute_seconds")
        page.family(queue, .histogram, "Time a request waited for a worker, its body being in.")
        for operation in Self.operations { page.trips(queue, operation, queueTimes) }
        page.family(compute, .histogram, "Time from a worker's taking a request, with its batch, to the reply.")
        for operation in Self.operations { page.trips(compute, operation, computeTimes) }
        page.family("vae_batch_compute_seconds", .histogram, "Time a worker spent on one batch, parsing to replies.")
        page.histogram("vae_batch_compute_seconds", batchTimes, 0)
        page.family("vae_batch_requests", .histogram, "Requests of one model that one worker took at one go.")
        page.histogram("vae_batch_requests", batchRequests, 0)
        page.family("vae_batch_rows", .histogram, "Rows of one pass through the encoder or the decoder.")
        for (index, stage) in Self.stages.enumerated() {
            page.histogram("vae_batch_rows", labels: "stage=\"\(stage)\"", batchRows, index)
        }
        page.family("vae_rows_total", .counter, "Rows that went through the encoder or the decoder.")
        for (index, stage) in Self.stages.enumerated() {
            page.sample("vae_rows_total", labels: "stage=\"\(stage)\"", batchRows.sum(index))
        }
        page.single(
            "vae_nonfinite_total", .counter, "Replies withheld because a result was not finite.", nonFiniteResults[0])
        page.family("vae_rejected_total", .counter, "Requests or connections turned away before any work.")
        for reason in RejectionReason.allCases {
            page.sample("vae_rejected_total", labels: "reason=\"\(reason.name)\"", rejected[reason.rawValue])
        }
        page.sample("vae_rejected_total", labels: "reason=\"connection_limit\"", refusedConnections)
        page.family("vae_dropped_total", .counter, "Requests dropped unrun or, if large, half-way.")
        for reason in DropReason.allCases {
            page.sample("vae_dropped_total", labels: "reason=\"\(reason.name)\"", dropped[reason.rawValue])
        }
    }
}

extension MetricsPage {
    /// The times of one operation; nothing while there are none.
    fileprivate mutating func trips(_ name: String, _ operation: Operation, _ histograms: Histograms) {
        let index = Int(operation.rawValue)
        guard histograms.total(index) > 0 else { return }
        histogram(name, labels: "op=\"\(operation.name)\"", histograms, index)
    }
}
