internal import VAE

/// Everything that flags and environment variables decide.
package struct ServerSettings: Sendable {
    /// Address to listen on.
    package var host = "127.0.0.1"
    /// Port to listen on; 0 picks a free one.
    package var port: UInt16 = 8080
    /// Directory of checkpoints.
    package var models = "models"
    /// Model behind `/v1/{op}`; see `ModelRepository`.
    package var defaultModel: String?
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
}
