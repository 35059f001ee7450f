internal import CMicroHTTPD

/// The smallest HTTP client, for a server on this machine.
public enum HTTPProbe {
    /// The status with which the server at `host` and `port` answers `GET path`, or `nil` without an answer. Every wait
    /// ends after `timeout`. Over TLS any certificate will do: it is made out to the service's name, not to this machine's.
    public static func status(host: String, port: UInt16, path: String, tls: Bool, timeout: Duration) -> Int? {
        let status = unsafe hs_probe(host, port, tls, path, timeout.clampedMilliseconds)
        return status < 0 ? nil : Int(status)
    }
}
