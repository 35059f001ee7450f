internal import Synchronization

/// Counters that any thread adds to and the metrics page reads, without a lock.
///
/// `@unchecked Sendable` because every access to the memory is atomic.
@safe final class AtomicCounters: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        unsafe cells = .allocate(capacity: count)
        for index in 0..<count { unsafe (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe cells.deinitialize(count: count)
        unsafe cells.deallocate()
    }

    func add(_ amount: UInt64 = 1, at index: Int) {
        precondition(index >= 0 && index < count, "counter \(index) of \(count)")
        unsafe _ = cells[index].wrappingAdd(amount, ordering: .relaxed)
    }

    subscript(index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "counter \(index) of \(count)")
        return unsafe cells[index].load(ordering: .relaxed)
    }
}
