/// Nanoseconds as milliseconds with three decimals, formatted where nothing may be allocated.
enum Milliseconds {
    /// Bytes of any value, at most.
    static let maximumBytes = 20

    /// Writes `nanoseconds` to the start of `text`, the last decimal rounded; returns how many bytes that took.
    static func write(_ nanoseconds: UInt64, to text: UnsafeMutableBufferPointer<CChar>) -> Int {
        let microseconds = nanoseconds / 1000 + (nanoseconds % 1000 >= 500 ? 1 : 0)
        var (digits, scale) = (4, UInt64(1000))
        while microseconds / scale >= 10 {
            scale *= 10
            digits += 1
        }
        var (rest, end) = (microseconds, 0)
        for digit in 0..<digits {
            if digits - digit == 3 {
                unsafe text[end] = CChar(UInt8(ascii: "."))
                end += 1
            }
            unsafe text[end] = CChar(UInt8(ascii: "0") + UInt8(rest / scale))
            end += 1
            rest %= scale
            scale = max(1, scale / 10)
        }
        return end
    }
}
