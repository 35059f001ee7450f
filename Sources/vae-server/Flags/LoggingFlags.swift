import ArgumentParser
import Logging
import VAEServing

/// What the server says, and how.
struct LoggingFlags: ParsableArguments {
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    @Option(help: "The server's own lines on standard error: text or json.")
    var logFormat = "text"

    @Option(help: "A line for every request on standard output: off, text or json.")
    var accessLog = "off"

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level must be one of trace … critical; found \"\(logLevel)\"")
        }
        guard LogFormat(rawValue: logFormat) != nil else {
            throw ValidationError("--log-format must be text or json; found \"\(logFormat)\"")
        }
        guard accessLog == "off" || LogFormat(rawValue: accessLog) != nil else {
            throw ValidationError("--access-log must be off, text or json; found \"\(accessLog)\"")
        }
    }

    func apply(to settings: inout ServerSettings) { settings.accessLog = LogFormat(rawValue: accessLog) }

    /// What the server logs with.
    var logger: Logger {
        var logger = Logger(label: "vae-server") {
            ServiceLogHandler(label: $0, format: LogFormat(rawValue: logFormat) ?? .text)
        }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        return logger
    }
}
