internal import Glibc

/// A moment in UTC, to the millisecond. By hand, because Foundation's formatters bring ICU with them.
struct Timestamp: Equatable {
    let year, month, day, hour, minute, second, millisecond: Int

    /// Now.
    init() {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        self.init(secondsSince1970: Int(now.tv_sec), millisecond: Int(now.tv_nsec) / 1_000_000)
    }

    /// By Howard Hinnant's `civil_from_days`: years that begin in March put the leap day last.
    init(secondsSince1970 seconds: Int, millisecond: Int) {
        let (day, second) = (seconds / 86_400, seconds % 86_400)
        precondition(seconds >= 0, "moments before 1970 are not logged")
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        hour = second / 3600
        minute = second / 60 % 60
        self.second = second % 60
        self.millisecond = millisecond
    }

    /// The bytes of `2026-11-21T09:43:18.123Z`.
    static let bytes = 24

    /// Writes the bytes in ISO 8601.
    func write(to text: UnsafeMutableBufferPointer<UInt8>) {
        var end = 0
        for (value, digits, separator) in [
            (year, 4, UInt8(ascii: "-")), (month, 2, UInt8(ascii: "-")), (day, 2, UInt8(ascii: "T")),
            (hour, 2, UInt8(ascii: ":")), (minute, 2, UInt8(ascii: ":")), (second, 2, UInt8(ascii: ".")),
            (millisecond, 3, UInt8(ascii: "Z")),
        ] {
            var rest = value
            for place in (0..<digits).reversed() {
                unsafe text[end + place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            unsafe text[end + digits] = separator
            end += digits + 1
        }
    }
}
