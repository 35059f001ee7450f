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
        settings.limits = ServiceLimits(rows: maxRows, pixels: maxPixels, bodyBytes: maxBody, queue: maxQueue)
        settings.drainDelay = .seconds(drainDelay)
        settings.drainTimeout = .seconds(drainTimeout)
        return settings
    }
}
