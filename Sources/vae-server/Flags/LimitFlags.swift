import ArgumentParser
import VAEServing

/// What one request may ask for, and how much may wait.
struct LimitFlags: ParsableArguments {
    @Option(help: "Images, codes, samples or steps in one request.")
    var maxRows = 1024

    @Option(help: "Bytes of one request body.")
    var maxBody = 32 << 20

    @Option(help: "Pixels of one uploaded image.")
    var maxPixels = 1 << 24

    @Option(help: "Requests waiting for a worker; further ones get 429.")
    var maxQueue = 1024

    @Option(help: "Milliseconds that requests may be expected to wait for a worker; further ones get 429.")
    var maxQueueTime = 250

    @Option(help: "Bytes of request bodies and unsent replies held at a time; further requests get 503.")
    var maxBuffered = 512 << 20

    @Option(
        help: "Seconds a request may take before it gets 504, 0 for ever; clients ask for less with X-Request-Timeout.")
    var requestTimeout = 30

    func validate() throws {
        try require(maxRows, in: 1...1_000_000, "--max-rows")
        try require(maxBody, in: 1024...(1 << 31), "--max-body")
        try require(maxPixels, in: 1...(1 << 30), "--max-pixels")
        try require(maxQueue, in: 1...1_000_000, "--max-queue")
        try require(maxQueueTime, in: 1...3_600_000, "--max-queue-time")
        try require(maxBuffered, in: 1 << 20...(1 << 40), "--max-buffered")
        try require(requestTimeout, in: 0...86400, "--request-timeout")
    }

    func apply(to settings: inout ServerSettings) {
        settings.limits = ServiceLimits(
            rows: maxRows, pixels: maxPixels, bodyBytes: maxBody, queue: maxQueue,
            queueMilliseconds: maxQueueTime, bufferedBytes: maxBuffered,
            timeout: requestTimeout == 0 ? nil : .seconds(requestTimeout))
    }
}
