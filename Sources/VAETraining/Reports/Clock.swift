internal import Glibc

/// Time that only goes forward.
enum Clock {
    /// Seconds since some point in the past.
    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
