import ArgumentParser
import VAEServing

/// Where the server listens, and for how many.
struct ListeningFlags: ParsableArguments {
    @Option(help: "Address to listen on; 0.0.0.0 or :: for every interface, as in a container.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on; 0 picks a free one.")
    var port: UInt16 = 8080

    @Option(help: "Threads that read and write sockets; one carries 70,000 requests a second.")
    var ioThreads = 1

    @Option(help: "Connections open at a time; further ones get 503.")
    var maxConnections = 4096

    func validate() throws {
        try require(ioThreads, in: 1...64, "--io-threads")
        try require(maxConnections, in: 1...1_000_000, "--max-connections")
    }

    func apply(to settings: inout ServerSettings) {
        settings.host = host
        settings.port = port
        settings.ioThreads = ioThreads
        settings.maxConnections = maxConnections
    }
}
