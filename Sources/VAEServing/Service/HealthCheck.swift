internal import HTTPServer

/// What a container's HEALTHCHECK runs: asks a server on this machine whether it is ready.
package enum HealthCheck {
    /// Whether `GET /readyz` on `port` answers 200, each step of it within two seconds.
    package static func isReady(host: String, port: UInt16, tls: Bool) -> Bool {
        let literal = host == "::" ? "::1" : host == "0.0.0.0" ? "127.0.0.1" : host
        return HTTPProbe.status(host: literal, port: port, path: "/readyz", tls: tls, timeout: .seconds(2)) == 200
    }
}
