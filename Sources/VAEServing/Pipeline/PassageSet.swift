internal import Synchronization

/// One worker's passages, by the slot of their model. The loader exchanges them while the worker runs; a batch under way
/// finishes on the passage it began with.
final class PassageSet: Sendable {
    private let passages = Mutex<[Int: Passage]>([:])

    /// The passage for the model in `slot`; `nil` when the model was removed. The lock is held for a pointer's copy.
    subscript(slot: Int) -> Passage? { passages.withLock { $0[slot] } }

    /// Puts `passage` into `slot`, or nothing; returns what was there.
    func exchange(_ passage: Passage?, in slot: Int) -> Passage? {
        passages.withLock { passages in
            let old = passages[slot]
            passages[slot] = passage
            return old
        }
    }
}
