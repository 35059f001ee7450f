internal import Glibc

/// The log-weights ln w of one image's importance samples, ln w = ln p(x|z) + ln p(z) − ln q(z|x), summed up as they come
/// (Burda et al. 2016, arXiv 1509.00519, eq. 8).
///
/// A weight is kept relative to the largest so far, so nothing overflows however small p(x) is, and memory does not grow
/// with their number. Equal weights in equal order give equal bits.
public struct LogWeights: Hashable, Sendable {
    /// Weights added.
    public private(set) var count = 0
    /// ln of the largest.
    private var largest = -Double.infinity
    /// Σ w and Σ w², with the largest weight as unit.
    private var sum = 0.0
    private var squares = 0.0
    private var isSound = true

    /// None yet.
    public init() {}

    /// Adds ln w; −∞ is a weight of zero.
    public mutating func add(_ logWeight: Double) {
        count += 1
        guard logWeight.isFinite else {
            isSound = isSound && logWeight == -.infinity
            return
        }
        if logWeight > largest {
            let shrink = exp(largest - logWeight)
            sum = sum * shrink + 1
            squares = squares * shrink * shrink + 1
            largest = logWeight
        } else {
            let weight = exp(logWeight - largest)
            sum += weight
            squares += weight * weight
        }
    }

    /// ln of Σ w; −∞ if all are zero, NaN if one was NaN or +∞.
    public var logSum: Double { isSound ? largest + log(sum) : .nan }

    /// The bound L_k = ln (1/k Σ w) ≤ ln p(x) (in expectation), in nats.
    public var bound: Double { logSum - log(Double(count)) }

    /// The jackknife of `bound`, whose bias is O(1/k²) instead of O(1/k), from the same weights (Nowozin 2018, JVI-1):
    /// k·L_k − (k − 1)·mean_i L_{k−1} without sample i. Where one weight outweighs all others together it says nothing,
    /// and `bound` is given instead. `logWeights` are those added, in any order.
    public func jackknife(_ logWeights: some Sequence<Double>) -> Double {
        let total = logSum
        let k = Double(count)
        var sum = 0.0
        for logWeight in logWeights {
            let share = exp(logWeight - total)
            guard share <= 0.5 else { return bound }
            sum += log1p(-share)
        }
        return bound + (k - 1) * log1p(-1 / k) - (k - 1) / k * sum
    }

    /// (Σ w)² / Σ w², 1…k: how many samples did the work. Near 1, the bound hangs on one sample and k is too small.
    public var effectiveSampleSize: Double { sum * sum / squares }
}
