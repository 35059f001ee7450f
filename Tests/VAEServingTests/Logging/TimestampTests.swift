import Testing

@testable import VAEServing

/// The expected dates are those of `date -u -d @SECONDS`.
@Suite struct TimestampTests {
    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_399, 7, "2000-02-28T23:59:59.007Z"),
        (951_782_400, 0, "2000-02-29T00:00:00.000Z"), (951_868_800, 0, "2000-03-01T00:00:00.000Z"),
        (1_709_208_000, 120, "2024-02-29T12:00:00.120Z"), (1_735_689_599, 999, "2024-12-31T23:59:59.999Z"),
        (1_735_689_600, 0, "2025-01-01T00:00:00.000Z"), (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799, 0, "9999-12-31T23:59:59.000Z"),
    ])
    func inUTC(_ seconds: Int, _ millisecond: Int, _ expected: String) {
        var line = LogLine()
        line.time(Timestamp(secondsSince1970: seconds, millisecond: millisecond))
        #expect(line.text() == expected)
    }
}
