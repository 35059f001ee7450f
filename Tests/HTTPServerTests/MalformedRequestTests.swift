import HTTPServer
import Testing

/// A request that must be refused, as bytes.
struct MalformedRequest: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: String
    var status: Int

    var testDescription: String { name }

    init(_ name: String, _ status: Int, _ bytes: String) {
        self.name = name
        self.bytes = bytes
        self.status = status
    }

    /// A POST of "abc" to /echo with `headers` in place of its framing.
    static func post(_ name: String, _ status: Int, _ headers: String, version: String = "HTTP/1.1") -> Self {
        Self(name, status, "POST /echo \(version)\r\nHost: a\r\n\(headers)\r\n\r\nabc")
    }

    static func get(_ name: String, _ status: Int, target: String, version: String = "HTTP/1.1") -> Self {
        Self(name, status, "GET \(target) \(version)\r\nHost: a\r\n\r\n")
    }

    static let manyHeaders = (0...100).map { "X-\($0): 1\r\n" }.joined()
    static let largeHeaders = (0..<17).map { "X-\($0): \(String(repeating: "v", count: 1000))\r\n" }.joined()
    static let manyParameters = "/hello?" + String(repeating: "a=1&", count: 2040)

    static let all: [Self] = [
        Self("no Host", 400, "GET /hello HTTP/1.1\r\n\r\n"),
        Self("two Hosts", 400, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Self("Host with a path", 400, "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        post("length and chunked", 400, "Content-Length: 3\r\nTransfer-Encoding: chunked"),
        post("chunked and length", 400, "Transfer-Encoding: chunked\r\nContent-Length: 3"),
        post("blank before the colon", 400, "Transfer-Encoding : chunked"),
        post("unknown coding", 501, "Transfer-Encoding: xchunked"),
        post("two codings in one", 501, "Transfer-Encoding: gzip, chunked"),
        post("two codings", 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        post("folded coding", 400, "Transfer-Encoding:\r\n chunked"),
        post("coding in HTTP/1.0", 400, "Transfer-Encoding: chunked", version: "HTTP/1.0"),
        post("length twice", 400, "Content-Length: 3\r\nContent-Length: 3"),
        post("lengths that differ", 400, "Content-Length: 3\r\nContent-Length: 5"),
        post("1 GB", 413, "Content-Length: 1000000000"),
        post("8 EB", 413, "Content-Length: 9000000000000000000"),
        post("1 GB with Expect", 413, "Content-Length: 1000000000\r\nExpect: 100-continue"),
        post("unknown Expect", 417, "Content-Length: 3\r\nExpect: 200-ok"),
        post("control byte in a name", 400, "X\u{1}Y: 1"),
        post("blank in a name", 400, "X Y: 1"),
        post("control byte in a value", 400, "X: a\u{1}b"),
        post("CR in a value", 400, "X: a\rb"),
        get("blank in the target", 400, target: "/he llo"),
        get("no slash", 400, target: "hello"),
        get("fragment", 400, target: "/hello#a"),
        get("escaped NUL", 400, target: "/hello%00"),
        get("escaped line break", 400, target: "/hello%0d%0aX:1"),
        get("broken escape", 400, target: "/hello%2"),
        get("broken escape in the query", 400, target: "/hello?a=%zz"),
        get("byte above ASCII", 400, target: "/h\u{e9}llo"),
        get("authority without a path", 400, target: "http://a"),
        get("HTTP/1.2", 505, target: "/hello", version: "HTTP/1.2"),
        Self("method of odd bytes", 400, "G@T /hello HTTP/1.1\r\nHost: a\r\n\r\n"),
        get("8 KiB target", 414, target: "/" + String(repeating: "a", count: 8192)),
        get("20 KB target", 414, target: "/" + String(repeating: "a", count: 20000)),
        get("query of 2,040 parameters, still legal", 200, target: manyParameters),
        post("101 headers", 431, manyHeaders + "Content-Length: 3"),
        post("17 KB of headers", 431, largeHeaders + "Content-Length: 3"),
        Self(
            "chunked body past the limit", 413,
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "400\r\n\(String(repeating: "x", count: 1024))\r\n", count: 80) + "0\r\n\r\n"),
        Self(
            "endless chunked body", 413,
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "400\r\n\(String(repeating: "x", count: 1024))\r\n", count: 80)),
    ]
}

extension OverRealSockets {
    @Suite struct MalformedRequestTests {
        @Test(arguments: MalformedRequest.all)
        func isRefusedInJSON(_ malformed: MalformedRequest) throws {
            let test = try TestServer { $0.maxBodyBytes = 65536 }
            let client = try test.connect()
            client.send(malformed.bytes)
            let response = try client.response()
            if malformed.status == 200 {
                #expect(response.status == 200)
            } else {
                response.expectError(malformed.status)
                #expect(response.closes)
                #expect(client.isClosedByServer())
            }
            try test.expectHealthy()
            try test.stop()
        }

        /// These are answered by libmicrohttpd before any hook of ours: only the connection's end is ours to promise.
        @Test(arguments: [
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nabc",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\nabc",
            "POST /echo HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET /\(String(repeating: "a", count: 40000)) HTTP/1.1\r\nHost: a\r\n\r\n",
        ])
        func answeredByTheLibraryEndsTheConnection(_ bytes: String) throws {
            let test = try TestServer()
            let client = try test.connect()
            client.send(bytes)
            #expect(client.isClosedByServer())
            try test.expectHealthy()
            try test.stop()
        }

        @Test func largestLegalHeadersPass() throws {
            let test = try TestServer()
            let client = try test.connect()
            // As near to every limit as one request can be: 8 KiB of target, 16 KB in 100 headers.
            let filler = (0..<99).map { "X-\($0): \(String(repeating: "v", count: 155))" }
            client.send("GET", "/hello?" + String(repeating: "a", count: 8180), headers: filler)
            #expect(try client.response().status == 200)
            try test.stop()
        }

        @Test func garbageNeitherCrashesNorLeaks() throws {
            let test = try TestServer()
            var generator = SystemRandomNumberGenerator()
            for round in 0..<100 {
                let client = try test.connect()
                let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
                client.send(round % 2 == 0 ? noise : Array("POST /echo HTTP/1.1\r\nHost: a\r\n".utf8) + noise)
                if round % 3 == 0 { client.reset() } else { client.halfClose() }
            }
            try test.expectHealthy()
            try test.stop()
        }
    }
}
