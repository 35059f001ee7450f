internal import Glibc

/// An encoded file in memory from `malloc`, owned by this value until `take()` hands it over.
/// `@unchecked Sendable` because it is the block's only owner and nothing writes to it.
@safe public struct EncodedImage: ~Copyable, @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    /// Number of bytes.
    public let count: Int

    /// Takes over `count` bytes at `base`, a block from `malloc`.
    @unsafe init(taking base: UnsafeMutableRawPointer, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    deinit { unsafe free(base) }

    /// Hands the block over without a copy. Whoever takes it calls `free` on its base address.
    public consuming func take() -> UnsafeMutableRawBufferPointer {
        let block = unsafe UnsafeMutableRawBufferPointer(start: base, count: count)
        discard self
        return unsafe block
    }

    /// Lends the bytes to `body`.
    public borrowing func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let span = unsafe Span(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: count)
        return try body(span)
    }
}
