internal import CMicroHTTPD
internal import Synchronization

/// An HTTP/1.1 server on its own I/O threads. It listens from `init` to `beginDrain` or `stop`.
///
/// A clean end is `beginDrain`, `waitUntilDrained`, `stop`: no request that reached the server is lost.
///
/// `@unchecked Sendable`: the C server may be used from any thread, and whether it still exists is read atomically.
@safe
public final class HTTPServer: @unchecked Sendable {
    /// `nil` once stopped. Atomic and not locked: counts are asked for on the way of every request.
    private let handle: Atomic<OpaquePointer?>
    private let context: Unmanaged<CallbackContext>

    /// The port listened on.
    public let port: UInt16
    /// The address for clients on this machine, such as `http://127.0.0.1:8080`, or `https` with a certificate.
    public let url: String

    /// Listens and starts to serve. Ignores SIGPIPE for the process.
    public init(configuration: HTTPServerConfiguration, handler: any HTTPHandler) throws(HTTPServerError) {
        let context = unsafe Unmanaged.passRetained(CallbackContext(handler: handler))
        var message = [CChar](repeating: 0, count: 512)
        let started = unsafe configuration.withCConfiguration { config in
            var config = unsafe config
            var callbacks = unsafe hs_callbacks(calling: context)
            return unsafe message.withUnsafeMutableBufferPointer { text in
                unsafe text.baseAddress.flatMap { unsafe hs_start(&config, &callbacks, $0, text.count) }
            }
        }
        guard let server = unsafe started else {
            unsafe context.release()
            throw .cannotStart(Self.text(of: message))
        }
        unsafe self.context = unsafe context
        unsafe handle = unsafe Atomic(server)
        port = unsafe hs_port(server)
        let host =
            switch configuration.host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let literal where literal.contains(":"): "[\(literal)]"
            case let other: other
            }
        url = "\(configuration.certificate == nil ? "http" : "https")://\(host):\(port)"
    }

    deinit {
        // A server dropped while requests are out is leaked: its threads would otherwise touch freed memory.
        try? stop()
    }

    /// Monotonic nanoseconds: the clock of every timestamp of this module.
    public static var now: UInt64 { hs_now() }

    /// Keeps the process's heap small under load. Call it first thing in `main`, before there are other threads.
    public static func keepHeapSmall() { hs_keep_heap_small() }

    /// Connections open now.
    public var openConnections: Int { unsafe withHandle { unsafe Int(hs_connections($0)) } ?? 0 }

    /// Requests begun and not yet over.
    public var requestsInFlight: Int { unsafe withHandle { unsafe Int(hs_in_flight($0)) } ?? 0 }

    /// Requests that the handler has and has not answered yet.
    public var requestsHeld: Int { unsafe withHandle { unsafe Int(hs_held($0)) } ?? 0 }

    /// Connections that were answered 503 at once since the start, `maxConnections` being open.
    public var refusedConnections: Int { unsafe withHandle { unsafe Int(hs_refused_connections($0)) } ?? 0 }

    /// Bytes of requests' bodies received and of replies not yet sent.
    public var heldBytes: Int { unsafe withHandle { unsafe Int(hs_held_bytes($0)) } ?? 0 }

    /// Reads the certificate and its key again; connections made from now on are shown the new one. Returns whether it
    /// differs from the one in use. Throws `certificateRefused`, and keeps the old one, when the files cannot be read,
    /// are not a pair, or are out of date. Any thread.
    public func reloadCertificate() throws(HTTPServerError) -> Bool {
        var message = [CChar](repeating: 0, count: 512)
        let result = unsafe withHandle { server in
            unsafe message.withUnsafeMutableBufferPointer { text in
                unsafe text.baseAddress.map { unsafe hs_reload_certificate(server, $0, text.count) }
            }
        }
        switch result.flatMap({ $0 }) {
        case HS_RELOAD_REFUSED?: throw .certificateRefused(Self.text(of: message))
        case HS_RELOAD_DONE?: return true
        default: return false
        }
    }

    /// From now on every reply says `Connection: close`, and `x-envoy-immediate-health-check-fail: true`, while new
    /// connections are still accepted.
    public func announceClose() { _ = unsafe withHandle { unsafe hs_announce_close($0) } }

    /// Closes the listener after accepting what waits in it; from now on every reply says `Connection: close`.
    public func beginDrain() {
        _ = unsafe withHandle { unsafe hs_drain_begin($0) }
    }

    /// Waits until nothing is in flight and no request has begun for a moment, or until `timeout` is over; returns
    /// how many requests are left.
    public func waitUntilDrained(timeout: Duration) -> Int {
        unsafe withHandle { unsafe Int(hs_drain_wait($0, timeout.clampedMilliseconds)) } ?? 0
    }

    /// Closes all connections and ends the I/O threads. Requests that begin meanwhile get 503. Throws
    /// `requestsHeld`, and leaves the server running, while the handler owes replies. Not for an I/O thread.
    public func stop() throws(HTTPServerError) {
        guard let server = unsafe handle.load(ordering: .acquiring) else { return }
        let held = unsafe hs_stop(server)
        if held > 0 { throw .requestsHeld(Int(held)) }
        unsafe handle.store(nil, ordering: .releasing)
        unsafe context.release()
    }

    private static func text(of message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Runs `body` with the C server, `nil` when stopped. Nothing keeps the server alive inside (a drain waits for
    /// long), so `stop` must not overlap with a call from another thread than its own I/O threads.
    private func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
        unsafe handle.load(ordering: .acquiring).map(body)
    }
}
