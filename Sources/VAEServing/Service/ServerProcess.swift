internal import Glibc
internal import HTTPServer
package import Logging

/// The life of a `vae-server` process: load, listen, serve until told to stop, drain, exit.
package struct ServerProcess {
    private let settings: ServerSettings
    private let logger: Logger

    package init(_ settings: ServerSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT; looks for changed files on SIGHUP. Returns the process's exit status: 0 when every request was answered.
    package func run() throws -> Int32 {
        let signals = TerminationSignals()
        HTTPServer.keepHeapSmall()
        let logger = logger
        let repository = try ModelRepository(
            directory: settings.models, defaultModel: settings.defaultModel, precision: settings.precision)
        let report: @Sendable (ModelEvent) -> Void = { logger.log(level: $0.isFailure ? .error : .info, "\($0)") }
        for event in repository.takeEvents() { report(event) }
        let service = try VAEService(
            repository: repository, limits: settings.limits, workers: settings.workers, ioThreads: settings.ioThreads,
            pollInterval: settings.pollInterval, edge: edge, report: report
        ) { logger.warning("\($0)") }
        let server = try HTTPServer(configuration: configuration, handler: service)
        service.attach(server)
        announce(server, repository)

        // What SIGHUP does, in this order; each returns at once.
        let reloads: [@Sendable () -> Void] = [
            service.reloadKeys, service.refreshModels, { Self.reloadCertificate(of: server, logger) },
        ]
        let signal = signals.wait { for reload in reloads { reload() } }
        signals.exitOnNext(status: 130)
        return try stop(server, service, immediately: signal == SIGINT)
    }

    private var edge: ServiceEdge {
        get throws {
            var edge = ServiceEdge()
            edge.keys = try KeyStore(file: settings.apiKeysFile, environmentKey: settings.apiKey) {
                logger.warning("\($0)")
            }
            edge.crossOrigin = try CrossOriginPolicy(settings.crossOrigins)
            edge.accessLog = settings.accessLog.map { AccessLog($0, to: .standardOutput) }
            return edge
        }
    }

    private static func reloadCertificate(of server: HTTPServer, _ logger: Logger) {
        do throws(HTTPServerError) {
            if try server.reloadCertificate() { logger.info("new connections are shown the new certificate") }
        } catch {
            logger.error("the old certificate stays: \(error)")
        }
    }

    private var configuration: HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration(host: settings.host, port: settings.port)
        configuration.ioThreads = settings.ioThreads
        configuration.maxConnections = settings.maxConnections
        configuration.maxBodyBytes = settings.limits.bodyBytes
        if let certificate = settings.tlsCertificate, let key = settings.tlsKey {
            configuration.certificate = HTTPCertificate(certificateFile: certificate, keyFile: key)
        }
        return configuration
    }

    /// One line that says where it is and what to try.
    private func announce(_ server: HTTPServer, _ repository: ModelRepository) {
        let catalogue = repository.catalogue
        let names = catalogue.models.map { $0.slot == catalogue.defaultModel.slot ? "\($0.name) (default)" : $0.name }
        logger.info("serving \(names.joined(separator: ", ")) with \(settings.workers) worker(s)")
        print("vae-server is ready: try \(server.url)/v1/sample?n=64&seed=7&format=png")
        fflush(nil)
    }

    /// Readiness falls and replies say `Connection: close`, then the listener closes, then what is in flight is finished: no request is lost.
    private func stop(_ server: HTTPServer, _ service: VAEService, immediately: Bool) throws -> Int32 {
        service.beginDrain()
        server.announceClose()
        if !immediately && settings.drainDelay > .zero {
            logger.info("draining: not ready any more, closing the listener in \(settings.drainDelay)")
            let seconds = settings.drainDelay.components.seconds
            _ = sleep(UInt32(clamping: seconds))
        }
        server.beginDrain()
        let left = server.waitUntilDrained(timeout: settings.drainTimeout)
        guard left == 0 else {
            logger.error("\(left) request(s) were not finished within \(settings.drainTimeout); giving up")
            return 1
        }
        try close(server)
        service.stop()
        logger.info("stopped: every request was answered")
        return 0
    }

    /// The server first, while there are workers: a request may have come in since the wait, and is answered.
    private func close(_ server: HTTPServer) throws {
        for _ in 0..<5000 {
            do throws(HTTPServerError) { return try server.stop() } catch {
                guard case .requestsHeld = error else { throw error }
                usleep(1000)
            }
        }
        try server.stop()
    }
}
