internal import Glibc

/// What a container's HEALTHCHECK runs: asks a server on this machine whether it is ready.
package enum HealthCheck {
    /// Whether `GET /readyz` on `port` answers 200 within two seconds.
    package static func isReady(host: String, port: UInt16) -> Bool {
        let literal = host == "::" ? "::1" : host == "0.0.0.0" ? "127.0.0.1" : host
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var addresses: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(literal, String(port), &hints, &addresses) == 0, let address = unsafe addresses else {
            return false
        }
        defer { unsafe freeaddrinfo(addresses) }
        let descriptor = unsafe socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 2, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(
                descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        guard unsafe connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            return false
        }
        let request = Array("GET /readyz HTTP/1.1\r\nHost: \(literal)\r\nConnection: close\r\n\r\n".utf8)
        guard unsafe send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return false
        }
        var reply = [UInt8](repeating: 0, count: 64)
        let count = unsafe recv(descriptor, &reply, reply.count, 0)
        return String(decoding: reply.prefix(max(0, count)), as: UTF8.self).hasPrefix("HTTP/1.1 200 ")
    }
}
