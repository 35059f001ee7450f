internal import Glibc
internal import Synchronization

/// Counters that any thread adds to and the metrics page reads, without a lock.
///
/// `@unchecked Sendable` because every access to the memory is atomic.
@safe final class AtomicCounters: @unchecked Sendable {
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        self.count = count
        // Zeros from the kernel, not written here: of the many cells, those that never count anything take no memory.
        guard let block = unsafe calloc(max(1, count), MemoryLayout<Atomic<UInt64>>.stride) else {
            fatalError("out of memory for \(count) counters")
        }
        unsafe cells = block.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    }

    deinit { unsafe free(cells) }

    func add(_ amount: UInt64 = 1, at index: Int) {
        precondition(index >= 0 && index < count, "counter \(index) of \(count)")
        unsafe _ = cells[index].wrappingAdd(amount, ordering: .relaxed)
    }

    subscript(index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "counter \(index) of \(count)")
        return unsafe cells[index].load(ordering: .relaxed)
    }
}
