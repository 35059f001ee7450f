/// Memory for numbers in double that several threads fill, each a range of its own.
/// `@unchecked Sendable` because the address never changes, and the ranges do not overlap.
@safe final class DoubleBuffer: @unchecked Sendable {
    /// The first element; valid as long as the buffer lives.
    let base: UnsafeMutablePointer<Double>
    /// Number of elements.
    let count: Int

    /// Allocates `count` zeros.
    init(count: Int) {
        unsafe base = .allocate(capacity: max(count, 1))
        unsafe base.initialize(repeating: 0, count: max(count, 1))
        self.count = count
    }

    deinit { unsafe base.deallocate() }

    /// Bounds-checked access, for cold paths.
    subscript(index: Int) -> Double {
        precondition((0..<count).contains(index), "index \(index) is outside 0..<\(count)")
        return unsafe base[index]
    }
}
