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

    @Option(help: "PEM file of a certificate, the server's own first: speaks HTTPS, and only that.")
    var tlsCertificate: String?

    @Option(help: "PEM file of its private key.")
    var tlsKey: String?

    func validate() throws {
        try require(ioThreads, in: 1...64, "--io-threads")
        try require(maxConnections, in: 1...1_000_000, "--max-connections")
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together; found only one of them")
        }
    }

    func apply(to settings: inout ServerSettings) {
        settings.host = host
        settings.port = port
        settings.ioThreads = ioThreads
        settings.maxConnections = maxConnections
        settings.tlsCertificate = tlsCertificate
        settings.tlsKey = tlsKey
    }
}
