import ArgumentParser
import Logging
import VAEServing

/// Flags and wiring; the server itself is `ServerProcess`.
@main
struct VAEServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vae-server",
        abstract: "Serves trained variational autoencoders over HTTP.",
        discussion: """
            Every NAME.safetensors in the model directory is served as NAME: images in, latent codes out, and back.

              vae-server                                  serve models/ on http://127.0.0.1:8080
              vae-server --port 9000 --models /srv/vae    another port, another directory
              curl 'http://127.0.0.1:8080/v1/sample?n=64&seed=7&format=png' -o samples.png

            Each flag with a value is also an environment variable: --drain-delay is VAE_DRAIN_DELAY, and so on; a flag wins.
            SIGTERM drains: /readyz turns 503, requests already here are answered, and the exit status is 0.
            The routes are described at /openapi.yaml.
            """,
        version: "0.1.0"
    )

    @Option(help: "Address to listen on; 0.0.0.0 or :: for every interface, as in a container.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on; 0 picks a free one.")
    var port: UInt16 = 8080

    @Option(help: "Directory of *.safetensors checkpoints.")
    var models = "models"

    @Option(help: "Model behind /v1/encode and so on (default: what default.safetensors links to, or the first).")
    var defaultModel: String?

    @Option(help: "Threads that run the models (default: one per usable processor).")
    var workers: Int?

    @Option(help: "Threads that read and write sockets; one carries 70,000 requests a second.")
    var ioThreads = 1

    @Option(help: "Connections open at a time; further ones get 503.")
    var maxConnections = 4096

    @Option(help: "Images, codes, samples or steps in one request.")
    var maxRows = 1024

    @Option(help: "Bytes of one request body.")
    var maxBody = 32 << 20

    @Option(help: "Pixels of one uploaded image.")
    var maxPixels = 1 << 24

    @Option(help: "Requests waiting for a worker; further ones get 429.")
    var maxQueue = 1024

    @Option(help: "Bytes of request bodies and unsent replies held at a time; further requests get 503.")
    var maxBuffered = 512 << 20

    @Option(help: "Seconds to go on accepting after SIGTERM, until load balancers have noticed.")
    var drainDelay = 0

    @Option(help: "Seconds that requests may take to finish after that.")
    var drainTimeout = 20

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    @Flag(help: "Ask a running server whether it is ready; exit status 0 or 1. For a container's HEALTHCHECK.")
    var healthcheck = false

    mutating func run() throws {
        var logger = Logger(label: "vae-server") { StreamLogHandler.standardError(label: $0) }
        if healthcheck {
            guard !HealthCheck.isReady(host: host, port: port) else { return }
            logger.error("no server that is ready answers on \(host):\(port)")
            throw ExitCode(1)
        }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        throw ExitCode(try ServerProcess(settings, logger: logger).run())
    }

    static func main() { main(EnvironmentFlags.merged(into: Array(CommandLine.arguments.dropFirst()))) }
}
