internal import Glibc

/// The system's clocks.
enum Clock {
    /// Seconds since some point in the past; only goes forward.
    static var now: Double { seconds(CLOCK_MONOTONIC) }
    /// Seconds since 1970, as the machine believes.
    static var wall: Double { seconds(CLOCK_REALTIME) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
