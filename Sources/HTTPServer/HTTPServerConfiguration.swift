internal import CMicroHTTPD

/// Settings of an `HTTPServer`. The defaults suit a server behind a proxy or load balancer.
public struct HTTPServerConfiguration: Sendable {
    /// Address to listen on: `0.0.0.0`, `::` (IPv4 too), `localhost`, or a literal address.
    public var host = "127.0.0.1"
    /// Port to listen on; 0 picks a free one, which `HTTPServer.port` then tells.
    public var port: UInt16 = 8080
    /// I/O threads. One carries some 70,000 requests a second; more only pay off on many cores.
    public var ioThreads = 1
    /// Connections held open at once; the next is answered 503 and closed.
    public var maxConnections = 4096
    /// Connections the kernel may hold before they are accepted.
    public var backlog = 1024
    /// Largest request body in bytes; larger is 413.
    public var maxBodyBytes = 16 << 20
    /// A refused body up to this many bytes is read and dropped, so that the connection stays usable.
    public var maxDiscardedBytes = 1 << 20
    /// How long a connection may rest between requests. Keep it above the proxy's own (60 s in most), or the proxy
    /// will now and then send a request into a closing connection.
    public var idleTimeout: Duration = .seconds(75)
    /// From the first byte of a request to the end of its headers.
    public var headerTimeout: Duration = .seconds(10)
    /// For a request body, on top of the time `minBytesPerSecond` grants for what has arrived.
    public var bodyTimeout: Duration = .seconds(30)
    /// For a reply, on top of the time `minBytesPerSecond` grants for its size.
    public var writeTimeout: Duration = .seconds(30)
    /// A client slower than this over a whole body is cut.
    public var minBytesPerSecond = 65_536
    /// With it the server speaks HTTPS (TLS 1.2 and 1.3), and nothing else.
    public var certificate: HTTPCertificate?

    /// The defaults, on `host` and `port`.
    public init(host: String = "127.0.0.1", port: UInt16 = 8080) {
        self.host = host
        self.port = port
    }

    /// Calls `body` with the same settings in C; its strings are valid only inside.
    func withCConfiguration<Result>(_ body: (hs_config) -> Result) -> Result {
        unsafe withOptionalCString(certificate?.certificateFile) { certificateFile in
            unsafe withOptionalCString(certificate?.keyFile) { keyFile in
                unsafe withCConfiguration(certificateFile, keyFile, body)
            }
        }
    }

    private func withCConfiguration<Result>(
        _ certificateFile: UnsafePointer<CChar>?, _ keyFile: UnsafePointer<CChar>?, _ body: (hs_config) -> Result
    ) -> Result {
        unsafe host.withCString { hostBytes in
            var config = unsafe hs_config_default()
            unsafe config.tls_certificate = unsafe certificateFile
            unsafe config.tls_key = unsafe keyFile
            unsafe config.bind_host = unsafe hostBytes
            unsafe config.port = port
            unsafe config.io_threads = UInt32(clamping: ioThreads)
            unsafe config.max_connections = UInt32(clamping: maxConnections)
            unsafe config.backlog = UInt32(clamping: backlog)
            unsafe config.max_body = Int(max(0, maxBodyBytes))
            unsafe config.max_discard = Int(max(0, maxDiscardedBytes))
            unsafe config.idle_timeout_ms = idleTimeout.clampedMilliseconds
            unsafe config.header_timeout_ms = headerTimeout.clampedMilliseconds
            unsafe config.body_timeout_ms = bodyTimeout.clampedMilliseconds
            unsafe config.write_timeout_ms = writeTimeout.clampedMilliseconds
            unsafe config.min_bytes_per_second = UInt32(clamping: minBytesPerSecond)
            return unsafe body(config)
        }
    }
}

/// Calls `body` with `text` in C, or with `nil`.
private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return unsafe text.withCString { unsafe body($0) }
}

extension Duration {
    /// Whole milliseconds, 0 for a negative duration.
    var clampedMilliseconds: UInt32 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? (seconds < 0 ? 0 : .max) : UInt32(clamping: product + attoseconds / 1_000_000_000_000_000)
    }
}
