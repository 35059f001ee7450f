import ArgumentParser
import Logging
import VAEServing

extension VAEServerCommand {
    /// The flags as the service wants them.
    var settings: ServerSettings {
        var settings = ServerSettings()
        settings.host = host
        settings.port = port
        settings.models = models
        settings.defaultModel = defaultModel
        if let workers { settings.workers = workers }
        settings.ioThreads = ioThreads
        settings.maxConnections = maxConnections
        settings.limits = ServiceLimits(
            rows: maxRows, pixels: maxPixels, bodyBytes: maxBody, queue: maxQueue, bufferedBytes: maxBuffered)
        settings.drainDelay = .seconds(drainDelay)
        settings.drainTimeout = .seconds(drainTimeout)
        return settings
    }

    /// Refuses values out of range, with the flag's name.
    func validate() throws {
        try require(workers ?? 1, in: 1...256, "--workers")
        try require(ioThreads, in: 1...64, "--io-threads")
        try require(maxConnections, in: 1...1_000_000, "--max-connections")
        try require(maxRows, in: 1...1_000_000, "--max-rows")
        try require(maxBody, in: 1024...(1 << 31), "--max-body")
        try require(maxPixels, in: 1...(1 << 30), "--max-pixels")
        try require(maxQueue, in: 1...1_000_000, "--max-queue")
        try require(maxBuffered, in: 1 << 20...(1 << 40), "--max-buffered")
        try require(drainDelay, in: 0...3600, "--drain-delay")
        try require(drainTimeout, in: 0...3600, "--drain-timeout")
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level must be one of trace … critical; found \"\(logLevel)\"")
        }
    }

    private func require(_ value: Int, in range: ClosedRange<Int>, _ flag: String) throws {
        guard range.contains(value) else {
            throw ValidationError("\(flag) must be \(range.lowerBound)…\(range.upperBound); found \(value)")
        }
    }
}
