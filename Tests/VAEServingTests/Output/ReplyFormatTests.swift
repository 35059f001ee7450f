import Testing

@testable import VAEServing

@Suite struct ReplyFormatTests {
    /// Accept, query, and what comes of it for `sample` and for `encode`.
    private static let table: [(accept: String?, query: String, sample: String, encode: String)] = [
        (nil, "", "json", "json"), ("*/*", "", "json", "json"), ("application/json", "", "json", "json"),
        ("image/png", "", "png", "not_acceptable"), ("IMAGE/PNG", "", "png", "not_acceptable"),
        ("image/*", "", "png", "not_acceptable"), ("application/*", "", "json", "json"),
        ("image/png, application/json", "", "json", "json"),
        ("image/png;q=0.9, application/json;q=0.8", "", "png", "json"),
        ("image/png;q=0.8, */*;q=0.9", "", "json", "json"), ("image/png, */*;q=0.8", "", "png", "json"),
        ("image/*, application/json;q=0", "", "png", "not_acceptable"),
        ("*/*, application/json;q=0", "", "png", "npy"), ("application/x-npy", "", "npy", "npy"),
        ("application/octet-stream", "", "octets", "octets"), ("application/*, application/json;q=0", "", "npy", "npy"),
        ("application/json, application/x-npy", "", "json", "json"),
        ("image/apng", "", "not_acceptable", "not_acceptable"),
        ("*/*;q=0", "", "not_acceptable", "not_acceptable"), ("image/png;q=0", "", "not_acceptable", "not_acceptable"),
        ("text/html", "", "not_acceptable", "not_acceptable"), ("image/jpeg", "", "not_acceptable", "not_acceptable"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "", "json", "json"),
        ("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "", "png", "json"),
        ("image/png ; q=1.0 , application/json;q=x", "", "png", "not_acceptable"),
        (",,;", "", "not_acceptable", "not_acceptable"),
        ("image/png", "?format=json", "json", "json"), ("text/html", "?format=png", "png", "not_acceptable"),
        (nil, "?format=npy", "npy", "npy"), (nil, "?format=apng", "not_acceptable", "not_acceptable"),
        (nil, "?format=gif", "invalid_value", "invalid_value"), (nil, "?format=", "invalid_value", "invalid_value"),
    ]

    @Test func acceptAndFormat() throws {
        let requests = Self.table.map { row in
            WireRequest("GET", "/" + row.query, headers: row.accept.map { [("Accept", $0)] } ?? [])
        }
        for operation in [Operation.sample, .encode] {
            let found = try Probe.answers(to: requests) { request throws(RequestError) in
                try ReplyFormat(request, operation: operation).rawValue
            }
            for (row, found) in zip(Self.table, found) {
                let expected = operation == .sample ? row.sample : row.encode
                #expect(found == expected, "\(operation) of \(row.accept ?? "none")\(row.query)")
            }
        }
    }
}
