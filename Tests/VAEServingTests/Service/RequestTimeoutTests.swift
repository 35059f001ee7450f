import HTTPServer
import Testing

@testable import VAEServing

@Suite struct RequestTimeoutTests {
    /// The deadline of a request with this header, in nanoseconds after its arrival.
    private func deadlines(_ values: [String?], limit: UInt64?) throws -> [String] {
        let requests = values.map { value in
            WireRequest("GET", "/", headers: value.map { [("X-Request-Timeout", $0)] } ?? [])
        }
        return try Probe.answers(to: requests) { (request) throws(RequestError) in
            let deadline = try RequestTimeout.deadline(of: request, limit: limit)
            return deadline == .max ? "never" : "\(deadline - request.arrivalNanoseconds)"
        }
    }

    @Test func headerForms() throws {
        #expect(
            try deadlines(["2", "0.25", "0.25s", "250ms", "1.5ms", nil], limit: nil)
                == ["2000000000", "250000000", "250000000", "250000000", "1500000", "never"])
    }

    @Test func theServersLimitHolds() throws {
        #expect(try deadlines(["2", "60", nil], limit: 5_000_000_000) == ["2000000000", "5000000000", "5000000000"])
    }

    @Test func nonsenseIsRefused() throws {
        let wrong = ["0", "-1", "soon", "1h", "nan", "inf", "1e9", "0.0001ms", "ms", "1 s"]
        #expect(try deadlines(wrong, limit: nil) == wrong.map { _ in "invalid_value" })
    }

    @Test func workPastItsDeadlineIsNotBegun() throws {
        let server = try TestServer()
        let request = WireRequest.get("/v1/sample?n=1000&seed=1", ("X-Request-Timeout", "1ms"))
        // Ahead of it in the queue, on the only worker: more than a millisecond of work.
        let ahead = WireRequest.get("/v1/sample?n=1000&seed=2")
        let replies = try server.ask(together: [ahead, ahead, ahead, request])
        #expect(replies.prefix(3).allSatisfy { $0.status == 200 })
        expectRefusal(replies[3], 504, "deadline_exceeded", "a millisecond")
    }
}
