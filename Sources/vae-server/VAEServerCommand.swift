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
            SIGHUP looks for changed checkpoints and takes them over while serving goes on.
            SIGTERM drains: /readyz turns 503, requests already here are answered, and the exit status is 0.
            The routes are described at /openapi.yaml.
            """,
        version: ServiceVersion.text
    )

    @OptionGroup(title: "Listening") var listening: ListeningFlags
    @OptionGroup(title: "Models") var models: ModelFlags
    @OptionGroup(title: "Limits") var limits: LimitFlags
    @OptionGroup(title: "Access") var access: AccessFlags
    @OptionGroup(title: "Logs") var logging: LoggingFlags
    @OptionGroup(title: "Operation") var operating: OperatingFlags

    @Flag(help: "Ask a running server whether it is ready; exit status 0 or 1. For a container's HEALTHCHECK.")
    var healthcheck = false

    mutating func run() throws {
        let logger = logging.logger
        defer { LineWriter.flushAll() }
        if healthcheck {
            let tls = listening.tlsCertificate != nil
            guard !HealthCheck.isReady(host: listening.host, port: listening.port, tls: tls) else { return }
            logger.error("no server that is ready answers on \(listening.host):\(listening.port)")
            throw ExitCode(1)
        }
        throw ExitCode(try ServerProcess(settings, logger: logger).run())
    }

    /// The flags as the service wants them.
    private var settings: ServerSettings {
        var settings = ServerSettings()
        listening.apply(to: &settings)
        models.apply(to: &settings)
        limits.apply(to: &settings)
        access.apply(to: &settings)
        logging.apply(to: &settings)
        operating.apply(to: &settings)
        return settings
    }

    static func main() { main(EnvironmentFlags.merged(into: Array(CommandLine.arguments.dropFirst()))) }
}
