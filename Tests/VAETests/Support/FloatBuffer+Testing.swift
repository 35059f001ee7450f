import Glibc

@testable import VAE

extension FloatBuffer {
    /// Normals of a stream that nothing else uses, times `scale`.
    static func noise(_ count: Int, seed: UInt64, scale: Float = 1) -> FloatBuffer {
        let buffer = FloatBuffer(count: count)
        unsafe RandomStream(seed: seed, domain: .dataset, draw: 0xFFFF_FFFF).normals(
            rows: 1, width: count, into: buffer.base)
        for index in 0..<count { buffer[index] *= scale }
        return buffer
    }

    /// Whether `count` numbers have the same bits here and there: a debug build compares element by element too slowly.
    func hasSameBits(as other: FloatBuffer, at start: Int = 0, otherStart: Int = 0, count: Int) -> Bool {
        precondition(start >= 0 && start + count <= self.count)
        precondition(otherStart >= 0 && otherStart + count <= other.count)
        return unsafe memcmp(base + start, other.base + otherStart, count * MemoryLayout<Float>.size) == 0
    }

    /// Σ weights·values in double: a scalar loss whose gradient is `weights`.
    func dot(_ weights: FloatBuffer) -> Double {
        (0..<count).reduce(0) { $0 + Double(self[$1]) * Double(weights[$1]) }
    }
}

/// The largest |a − b| / max(1, |b|); infinite when the counts differ or anything is NaN.
func largestDifference(_ found: [Float], _ expected: [Float]) -> Double {
    guard found.count == expected.count else { return .infinity }
    var largest = 0.0
    for (a, b) in zip(found, expected) {
        let difference = abs(Double(a) - Double(b)) / max(1, abs(Double(b)))
        guard difference.isFinite else { return .infinity }
        largest = max(largest, difference)
    }
    return largest
}
