import Testing

@testable import VAEServing

@Suite struct MediaTypeTests {
    private static let table: [(header: String?, expected: String)] = [
        ("application/json", "json"), ("Application/JSON; charset=utf-8", "json"), ("image/png", "image"),
        (" image/jpeg ", "image"), ("image/jpg", "image"), ("application/octet-stream", "octets"),
        ("multipart/form-data; boundary=abc", "multipart(boundary: \"abc\")"),
        ("multipart/form-data; charset=utf-8; Boundary=\"a b\"", "multipart(boundary: \"a b\")"),
        ("multipart/form-data;boundary=a=b", "multipart(boundary: \"a=b\")"),
        ("multipart/form-data", "malformed_body"), ("multipart/form-data; boundary=", "malformed_body"),
        ("multipart/form-data; boundary=\"\"", "malformed_body"),
        ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), "malformed_body"),
        ("multipart/mixed; boundary=a", "unsupported_media_type"), ("text/plain", "unsupported_media_type"),
        ("image/gif", "unsupported_media_type"), ("json", "unsupported_media_type"), (";", "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "unsupported_media_type"), (nil, "unsupported_media_type"),
    ]

    @Test func contentTypes() throws {
        let requests = Self.table.map { row in WireRequest("POST", "/", type: row.header, body: []) }
        let found = try Probe.answers(to: requests) { request throws(RequestError) in
            "\(try MediaType(request))"
        }
        for (row, found) in zip(Self.table, found) { #expect(found == row.expected, "\(row.header ?? "none")") }
    }
}
