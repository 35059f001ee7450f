import Glibc
import Testing

/// A blocking TCP client that speaks in bytes: what a real HTTP library would never send can be sent.
@safe
final class Client {
    enum Failure: Error { case connect(Int32), closed, timeout, malformed(String) }

    private var descriptor: Int32
    private var received: [UInt8] = []

    /// Connects to 127.0.0.1. Every read gives up after `timeout` seconds.
    init(port: UInt16, timeout: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure.connect(errno) }
    }

    deinit { close() }

    /// Sends all of `text`; false when the peer has closed.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor, $0.baseAddress.map { unsafe $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    /// A request with a Host header, and a Content-Length when there is a body.
    @discardableResult
    func send(_ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil) -> Bool {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: test"] + headers
        if let body { lines.append("Content-Length: \(body.count)") }
        return send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? []))
    }

    /// Reads one response. `toHead`: the request was a HEAD, so there is no body whatever the length says.
    func response(toHead: Bool = false) throws -> Response {
        var end = headerEnd()
        while end == nil {
            try receive()
            end = headerEnd()
        }
        let head = String(decoding: received[..<end!], as: UTF8.self)
        received.removeFirst(end! + 4)
        var response = try Response(head: head)
        let length = response.status < 200 || toHead ? 0 : Int(response.headers["content-length"] ?? "0") ?? 0
        while received.count < length { try receive() }
        response.body = Array(received.prefix(length))
        received.removeFirst(length)
        return response
    }

    /// Whether the server closes (or resets) the connection before the timeout; bytes that come first are dropped.
    func isClosedByServer() -> Bool {
        do {
            while true { try receive() }
        } catch Failure.closed {
            return true
        } catch {
            return false
        }
    }

    /// Ends the sending side.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset instead of a FIN.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    private func headerEnd() -> Int? {
        guard received.count >= 4 else { return nil }
        return (0...received.count - 4).first {
            received[$0] == 13 && received[$0 + 1] == 10 && received[$0 + 2] == 13 && received[$0 + 3] == 10
        }
    }

    private func receive() throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0, errno == EAGAIN { throw Failure.timeout }
        guard count > 0 else { throw Failure.closed }
        received.append(contentsOf: chunk[..<count])
    }
}

/// A response as it came over the wire.
struct Response {
    var status: Int
    /// Lowercased names.
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    var text: String { String(decoding: body, as: UTF8.self) }
    var closes: Bool { headers["connection"]?.lowercased() == "close" }

    init(head: String) throws {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let parts = lines[0].split(separator: " ")
        guard parts.count >= 2, let status = Int(parts[1]) else { throw Client.Failure.malformed(head) }
        self.status = status
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Client.Failure.malformed(head) }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
    }

    /// Checks that this is the server's JSON error, with its id in both places.
    func expectError(_ status: Int, code: String? = nil, location: SourceLocation = #_sourceLocation) {
        let comment = Comment(rawValue: "\(self.status) \(text)")
        #expect(self.status == status, comment, sourceLocation: location)
        #expect(headers["content-type"] == "application/json", comment, sourceLocation: location)
        #expect(text.hasPrefix("{\"error\":\""), comment, sourceLocation: location)
        let id = headers["x-request-id"] ?? "none"
        let tail = "\"status\":\(status),\"request_id\":\"\(id)\"}"
        #expect(text.hasSuffix(tail), comment, sourceLocation: location)
        if let code { #expect(text.contains("\"code\":\"\(code)\""), comment, sourceLocation: location) }
    }
}
