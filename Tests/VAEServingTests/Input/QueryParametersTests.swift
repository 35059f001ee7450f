import HTTPServer
import Testing
import VAE

@testable import VAEServing

@Suite struct QueryParametersTests {
    /// What `read` makes of each query.
    private func answers(
        _ queries: [String], _ read: @escaping @Sendable (QueryParameters) throws(RequestError) -> String
    ) throws -> [String] {
        try Probe.answers(to: queries.map { WireRequest.get("/?" + $0) }) { request throws(RequestError) in
            try read(QueryParameters(request, known: ["n", "seed", "t", "method"]))
        }
    }

    @Test func integers() throws {
        let rows: [(String, String)] = [
            ("n=1", "1"), ("n=64", "64"), ("n=%36%34", "64"), ("", "none"), ("seed=1", "none"),
            ("n=0", "invalid_value"),
            ("n=65", "invalid_value"), ("n=", "invalid_value"), ("n", "invalid_value"), ("n=-1", "invalid_value"),
            ("n=1.0", "invalid_value"), ("n=+1", "invalid_value"), ("n=1e3", "invalid_value"),
            ("n=99999999999999999999", "invalid_value"), ("n=%31%20", "invalid_value"), ("N=1", "unknown_parameter"),
            ("m=1", "unknown_parameter"), ("=1", "unknown_parameter"), ("n=1&m", "unknown_parameter"),
        ]
        let found = try answers(rows.map(\.0)) { query throws(RequestError) in
            try query.integer("n", in: 1...64).map { "\($0)" } ?? "none"
        }
        for (row, found) in zip(rows, found) { #expect(found == row.1, "\(row.0)") }
    }

    @Test func seedsAndNumbersAndChoices() throws {
        let rows: [(String, String)] = [
            ("seed=18446744073709551615", "18446744073709551615 - -"), ("seed=0&t=0.5", "0 0.5 -"),
            ("method=slerp", "- - slerp"), ("t=1e-3", "- 0.001 -"), ("seed=18446744073709551616", "invalid_value"),
            ("seed=-1", "invalid_value"), ("seed=x", "invalid_value"), ("t=nan", "invalid_value"),
            ("t=inf", "invalid_value"), ("t=101", "invalid_value"), ("t=-0.1", "invalid_value"),
            ("t=", "invalid_value"),
            ("method=Linear", "invalid_value"), ("method=", "invalid_value"),
        ]
        let found = try answers(rows.map(\.0)) { query throws(RequestError) in
            let seed = try query.seed("seed").map { "\($0)" } ?? "-"
            let number = try query.number("t", in: 0...100).map { "\($0)" } ?? "-"
            let method = try query.choice("method", LatentPath.self)?.rawValue ?? "-"
            return "\(seed) \(number) \(method)"
        }
        for (row, found) in zip(rows, found) { #expect(found == row.1, "\(row.0)") }
    }

    @Test func longTextIsClipped() {
        #expect(clipped("short") == "short")
        #expect(clipped(String(repeating: "é", count: 1000)).count == 31)
    }
}
