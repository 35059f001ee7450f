import Testing

@testable import VAEServing

@Suite struct ServerTimingTests {
    @Test func threeTimesInMilliseconds() {
        let times = TripTimes(handover: 1_000_000, begun: 1_021_400, response: 3_204_000)
        let text = unsafe ServerTiming.withText(times, total: 12_345_678) { unsafe String(cString: $0) }
        #expect(text == "queue;dur=0.021, compute;dur=2.183, total;dur=12.346")
    }

    @Test func thereIsRoomForTheLongest() {
        let times = TripTimes(handover: 0, begun: .max, response: .max)
        let text = unsafe ServerTiming.withText(times, total: .max) { unsafe String(cString: $0) }
        #expect(text == "queue;dur=18446744073709.552, compute;dur=0.000, total;dur=18446744073709.552")
    }

    @Test func clocksThatRunBackwardsGiveZero() {
        let times = TripTimes(handover: 5, begun: 4, response: 3)
        #expect(times.queue == 0 && times.compute == 0)
    }

    @Test(
        arguments: [
            (0, "0.000"), (499, "0.000"), (500, "0.001"), (999_499, "0.999"), (999_500, "1.000"), (9_999_999, "10.000"),
            (10_000_000, "10.000"), (1_234_567_890, "1234.568"), (60_000_000_000, "60000.000"),
        ] as [(UInt64, String)])
    func milliseconds(_ nanoseconds: UInt64, _ expected: String) {
        let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Milliseconds.maximumBytes + 1) {
            (room) -> String in
            let end = unsafe Milliseconds.write(nanoseconds, to: room)
            unsafe room[end] = 0
            return unsafe String(cString: room.baseAddress!)
        }
        #expect(text == expected)
    }
}
