import ArgumentParser
import Logging
import VAEServing

/// How the server ends, and what it says meanwhile.
struct OperatingFlags: ParsableArguments {
    @Option(help: "Seconds to go on accepting after SIGTERM, until load balancers have noticed.")
    var drainDelay = 0

    @Option(help: "Seconds that requests may take to finish after that.")
    var drainTimeout = 20

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func validate() throws {
        try require(drainDelay, in: 0...3600, "--drain-delay")
        try require(drainTimeout, in: 0...3600, "--drain-timeout")
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level must be one of trace … critical; found \"\(logLevel)\"")
        }
    }

    func apply(to settings: inout ServerSettings) {
        settings.drainDelay = .seconds(drainDelay)
        settings.drainTimeout = .seconds(drainTimeout)
    }
}
