package import VAE

/// Everything that flags and environment variables decide.
package struct ServerSettings: Sendable {
    /// Address to listen on.
    package var host = "127.0.0.1"
    /// Port to listen on; 0 picks a free one.
    package var port: UInt16 = 8080
    /// PEM files of a certificate and its key: HTTPS. Both or neither.
    package var tlsCertificate: String?
    package var tlsKey: String?
    /// Directory of checkpoints.
    package var models = "models"
    /// Model behind `/v1/{op}`; see `ModelRepository`.
    package var defaultModel: String?
    /// What the models compute with.
    package var precision = Precision.f32
    /// How often to look for changed checkpoints without being asked; zero for never.
    package var pollInterval: Duration = .zero
    /// Threads that run the model: one for each processor this process may keep busy.
    package var workers = ProcessorCount.usable
    /// Threads that read and write sockets.
    package var ioThreads = 1
    /// Connections beyond this get 503.
    package var maxConnections = 4096
    /// What one request may ask for.
    package var limits = ServiceLimits()
    /// How long to go on accepting after SIGTERM, so that load balancers notice first.
    package var drainDelay: Duration = .seconds(0)
    /// How long requests may take to finish after that.
    package var drainTimeout: Duration = .seconds(20)

    /// How exchanges are noted on standard output; `nil`: not at all.
    package var accessLog: LogFormat?
    /// File of bearer keys.
    package var apiKeysFile: String?
    /// One more key.
    package var apiKey: String?
    /// Origins whose pages may read replies; see `CrossOriginPolicy`.
    package var crossOrigins: [String] = []

    package init() {}

    /// Sets `precision` by its name; returns what is wrong with it, if something is.
    package mutating func setPrecision(_ name: String) -> String? {
        guard let precision = Precision(rawValue: name) else {
            return "expected \(Precision.allCases.map(\.rawValue).joined(separator: " or ")); found \(name)"
        }
        do throws(ModelError) { try precision.require() } catch { return error.detail }
        self.precision = precision
        return nil
    }
}
