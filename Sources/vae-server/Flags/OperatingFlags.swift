import ArgumentParser
import VAEServing

/// How the server ends.
struct OperatingFlags: ParsableArguments {
    @Option(help: "Seconds to go on accepting after SIGTERM, until load balancers have noticed.")
    var drainDelay = 0

    @Option(help: "Seconds that requests may take to finish after that.")
    var drainTimeout = 20

    func validate() throws {
        try require(drainDelay, in: 0...3600, "--drain-delay")
        try require(drainTimeout, in: 0...3600, "--drain-timeout")
    }

    func apply(to settings: inout ServerSettings) {
        settings.drainDelay = .seconds(drainDelay)
        settings.drainTimeout = .seconds(drainTimeout)
    }
}
