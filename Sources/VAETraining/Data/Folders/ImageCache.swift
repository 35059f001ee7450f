internal import Synchronization

/// Decoded images as bytes, filled as they are decoded: a quarter of the memory of floats, and none for those not read.
/// `@unchecked Sendable` because an image's bytes are written once, under the lock, before its flag is set, and read
/// only after the flag was seen under the lock.
@safe final class ImageCache: @unchecked Sendable {
    private let width: Int
    private let bytes: UnsafeMutablePointer<UInt8>
    private let flags: Mutex<Flags>

    private struct Flags {
        var isThere: [Bool]
        var missing: Int
    }

    /// For `count` images of `width` bytes. Memory is taken from the system as images arrive.
    init(count: Int, width: Int) {
        self.width = width
        unsafe bytes = .allocate(capacity: count * width)
        flags = Mutex(Flags(isThere: Array(repeating: false, count: count), missing: count))
    }

    deinit { unsafe bytes.deallocate() }

    /// Whether every image is there that will ever be.
    var isComplete: Bool { flags.withLock { $0.missing == 0 } }

    /// The bytes of image `index` if they are there; valid as long as the cache lives.
    func image(_ index: Int) -> UnsafePointer<UInt8>? {
        guard flags.withLock({ $0.isThere[index] }) else { return nil }
        return unsafe UnsafePointer(bytes + index * width)
    }

    /// Waits for image `index` no longer: it cannot be read, and is not going to be asked for.
    func forgo(_ index: Int) { flags.withLock { $0.missing -= $0.isThere[index] ? 0 : 1 } }

    /// Keeps a copy of `image`, unless another thread was faster.
    func keep(_ image: UnsafePointer<UInt8>, as index: Int) {
        flags.withLock { flags in
            guard !flags.isThere[index] else { return }
            unsafe (bytes + index * width).update(from: image, count: width)
            flags.isThere[index] = true
            flags.missing -= 1
        }
    }
}
