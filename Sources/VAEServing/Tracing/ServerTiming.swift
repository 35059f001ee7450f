internal import HTTPServer

/// The `Server-Timing` line of a reply that went through the VAE, in milliseconds with three decimals:
/// `queue;dur=0.021, compute;dur=0.183, total;dur=0.240`, total being from the headers to the reply.
enum ServerTiming {
    /// Room for the words, three times of any length, and the NUL at the end.
    private static let maximumBytes = 48 + 3 * Milliseconds.maximumBytes

    /// Adds the line, formatted on the stack: this is on the way of every request.
    static func add(to headers: borrowing HTTPReplyHeaders, _ times: TripTimes, total: UInt64) {
        unsafe withText(times, total: total) { text in unsafe headers.add("Server-Timing", text) }
    }

    /// Lends the line's value, NUL at its end.
    static func withText<Result>(
        _ times: TripTimes, total: UInt64, _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: maximumBytes) { text in
            var end = 0
            unsafe append("queue;dur=", times.queue, to: text, at: &end)
            unsafe append(", compute;dur=", times.compute, to: text, at: &end)
            unsafe append(", total;dur=", total, to: text, at: &end)
            unsafe text[end] = 0
            return unsafe body(UnsafePointer(text.baseAddress!))
        }
    }

    private static func append(
        _ name: StaticString, _ nanoseconds: UInt64, to text: UnsafeMutableBufferPointer<CChar>, at end: inout Int
    ) {
        for index in 0..<name.utf8CodeUnitCount { unsafe text[end + index] = CChar(bitPattern: name.utf8Start[index]) }
        end += name.utf8CodeUnitCount
        end += unsafe Milliseconds.write(nanoseconds, to: UnsafeMutableBufferPointer(rebasing: text[end...]))
    }
}
