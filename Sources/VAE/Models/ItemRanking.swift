internal import CTensorKernels

/// The best of many items under a multinomial p(x|z) (Liang et al. 2018, section 3.3).
public enum ItemRanking {
    /// An item and how likely it is.
    public struct Entry: Hashable, Sendable {
        /// Its number in a row.
        public let item: Int
        /// ln p, in nats.
        public let logProbability: Float
    }

    /// The `most` items of the highest `logits` `[count]`, best first and equal ones by number, without those for which
    /// `excluded` is not 0. ln p is that among all items, the excluded ones too. Nil when a logit is not a finite number.
    public static func best(
        _ most: Int, of count: Int, logits: UnsafePointer<Float>, excluded: UnsafePointer<Float>?
    ) -> [Entry]? {
        precondition(most >= 1 && count >= 1, "\(most) of \(count) items")
        let finite = -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude
        guard unsafe ValueCheck.firstOutside(finite, count: count, logits) == nil else { return nil }
        var candidates: [(item: Int, logit: Float)] = []
        candidates.reserveCapacity(2 * min(most, count))
        var largest = -Float.infinity
        var threshold = -Float.infinity
        func isBefore(_ a: (item: Int, logit: Float), _ b: (item: Int, logit: Float)) -> Bool {
            a.logit != b.logit ? a.logit > b.logit : a.item < b.item
        }
        for item in 0..<count {
            let logit = unsafe logits[item]
            largest = max(largest, logit)
            // Later ones that are only as good as the last of those found so far come behind it.
            guard logit > threshold else { continue }
            if let excluded = unsafe excluded, unsafe excluded[item] != 0 { continue }
            candidates.append((item, logit))
            if candidates.count == 2 * most {
                candidates.sort(by: isBefore)
                candidates.removeLast(most)
                threshold = candidates[most - 1].logit
            }
        }
        candidates.sort(by: isBefore)
        let total = unsafe Double(largest) + naturalLogarithm(tk_sum_exponentials(count, logits, largest))
        return candidates.prefix(most).map { Entry(item: $0.item, logProbability: Float(Double($0.logit) - total)) }
    }
}
