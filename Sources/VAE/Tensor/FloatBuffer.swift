internal import CTensorKernels
internal import Glibc

/// Float32 memory, 64-byte aligned: weights, gradients, activations.
///
/// A reference, so that layers can share one arena. It carries no lock: whoever writes makes sure nobody else touches
/// the same range at that time.
/// `@unchecked Sendable` because the base address never changes after `init`; what it points to is under that rule.
@safe public final class FloatBuffer: @unchecked Sendable {
    /// The first element; valid as long as the buffer lives.
    public let base: UnsafeMutablePointer<Float>
    /// Number of elements.
    public let count: Int

    /// Allocates `count` zeros. Running out of memory ends the process, as it does for Swift's own arrays.
    public init(count: Int) {
        guard let base = unsafe tk_allocate_floats(count) else {
            fatalError("out of memory: \(count) floats")
        }
        unsafe self.base = base
        self.count = count
    }

    /// Allocates `count` floats of undefined content, for memory that is written before it is read.
    public init(scratch count: Int) {
        guard let base = unsafe tk_allocate_scratch(count) else {
            fatalError("out of memory: \(count) floats")
        }
        unsafe self.base = base
        self.count = count
    }

    /// Copies `values`.
    public convenience init(_ values: some Collection<Float>) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { unsafe base[index] = value }
    }

    deinit { unsafe free(base) }

    /// Bounds-checked access, for tests and cold paths.
    public subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "index \(index) is outside 0..<\(count)")
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < count, "index \(index) is outside 0..<\(count)")
            unsafe base[index] = newValue
        }
    }

    /// A copy of `range`, or of everything.
    public func array(_ range: Range<Int>? = nil) -> [Float] {
        let range = range ?? 0..<count
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is outside 0..<\(count)")
        return unsafe Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Replaces everything by the contents of `other`, which has the same count.
    public func copy(from other: FloatBuffer) {
        precondition(other.count == count, "expected \(count) floats, found \(other.count)")
        unsafe base.update(from: other.base, count: count)
    }

    /// Whether both, of equal count, hold the same bits in `range`, or everywhere.
    func hasSameBits(as other: FloatBuffer, in range: Range<Int>? = nil) -> Bool {
        let range = range ?? 0..<count
        precondition(range.upperBound <= count && count == other.count, "\(range) is outside, or the counts differ")
        let (start, bytes) = (range.lowerBound, range.count * MemoryLayout<Float>.size)
        return unsafe memcmp(base + start, other.base + start, bytes) == 0
    }

    /// Whether no element is NaN or infinite.
    public var isFinite: Bool { unsafe tk_all_finite(count, base) }
}
