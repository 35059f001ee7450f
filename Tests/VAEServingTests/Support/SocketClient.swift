import FoundationEssentials
import Glibc

/// A reply off the wire.
struct Reply {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body))
    }

    /// Reads what came until the connection was closed; status 0 when that is no reply.
    init(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        let split = bytes.indices.first { bytes[$0] == end[0] && bytes[$0...].starts(with: end) }
        let head = String(decoding: bytes[..<(split ?? 0)], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            if pair.count == 2 { headers[pair[0].lowercased()] = String(pair[1].drop { $0 == " " }) }
        }
        let words = head.first?.split(separator: " ") ?? []
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        self.headers = headers
        body = split.map { Array(bytes[($0 + end.count)...]) } ?? bytes
    }
}

/// A request as bytes.
struct WireRequest {
    let bytes: [UInt8]

    /// As it stands.
    init(raw text: String) { bytes = Array(text.utf8) }

    /// With `Host`, `Connection: close` and, for a body, its length.
    init(
        _ method: String, _ path: String, type: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"]
        if let type { lines.append("Content-Type: \(type)") }
        if let body { lines.append("Content-Length: \(body.count)") }
        lines += headers.map { "\($0.0): \($0.1)" }
        bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
    }

    static func get(_ path: String, _ headers: (String, String)...) -> WireRequest {
        WireRequest("GET", path, headers: headers)
    }

    static func post(_ path: String, json: String, _ headers: (String, String)...) -> WireRequest {
        WireRequest("POST", path, type: "application/json", headers: headers, body: Array(json.utf8))
    }

    static func post(_ path: String, _ type: String, _ body: [UInt8], _ headers: (String, String)...) -> WireRequest {
        WireRequest("POST", path, type: type, headers: headers, body: body)
    }

    /// A form of parts with names and contents.
    static func form(_ path: String, _ parts: [(name: String, content: [UInt8])]) -> WireRequest {
        var body: [UInt8] = []
        for part in parts {
            body += Array("--limit\r\nContent-Disposition: form-data; name=\"\(part.name)\"\r\n".utf8)
            body += Array("Content-Type: image/png\r\n\r\n".utf8) + part.content + Array("\r\n".utf8)
        }
        return post(path, "multipart/form-data; boundary=limit", body + Array("--limit--\r\n".utf8))
    }
}

/// A connection of this machine to itself.
final class SocketClient {
    private let descriptor: Int32

    struct Failure: Error { let call: String, code: Int32 }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit { close(descriptor) }

    /// Sends all of it, unless the server closes before.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Reads until the server closes.
    func receive() -> Reply {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(descriptor, &part, part.count, 0)
            guard count > 0 else { return Reply(bytes) }
            bytes += part[..<count]
        }
    }
}
