internal import Glibc

/// How well one user's targets are found among the items ranked first (Liang et al. 2018, section 4.2).
struct RankingMetrics: Hashable, Sendable {
    /// Hits among the first 20 and 50, over the most there could be: min(R, number of targets).
    let recall20, recall50: Double
    /// Σ over hits among the first 100 of 1 / log₂(rank + 1), over the sum of the best possible order.
    let ndcg100: Double

    /// Ranks that matter.
    static let depth = 100
    private static let discounts = (1...depth).map { 1 / log2(Double($0) + 1) }

    /// `ranked` are items, best first, without those known; `targets`, at least one, ascend.
    init(ranked: [UInt32], targets: ArraySlice<UInt32>) {
        let wanted = Set(targets)
        let hits = ranked.prefix(Self.depth).map(wanted.contains)
        func recall(_ depth: Int) -> Double {
            Double(hits.prefix(depth).count { $0 }) / Double(min(depth, targets.count))
        }
        recall20 = recall(20)
        recall50 = recall(50)
        let gain = zip(hits, Self.discounts).reduce(0) { $0 + ($1.0 ? $1.1 : 0) }
        ndcg100 = gain / Self.discounts.prefix(targets.count).reduce(0, +)
    }

    /// The `depth` items with the largest `scores`, best first, and of equals the first; without those in `known`,
    /// which ascend, and those whose score is NaN.
    static func best(
        _ scores: UnsafePointer<Float>, count: Int, without known: ArraySlice<UInt32>, depth: Int = Self.depth
    ) -> [UInt32] {
        var ranked: [UInt32] = []
        ranked.reserveCapacity(depth + 1)
        var values: [Float] = []
        values.reserveCapacity(depth + 1)
        var worst = -Float.infinity
        var next = known.startIndex
        for item in 0..<count {
            if next < known.endIndex && Int(known[next]) == item {
                next += 1
                continue
            }
            let score = unsafe scores[item]
            guard score > worst || (ranked.count < depth && !score.isNaN) else { continue }
            // Behind all that are as good; there are few to pass.
            var place = values.count
            while place > 0 && values[place - 1] < score { place -= 1 }
            values.insert(score, at: place)
            ranked.insert(UInt32(item), at: place)
            if ranked.count > depth {
                values.removeLast()
                ranked.removeLast()
            }
            if ranked.count == depth { worst = values[depth - 1] }
        }
        return ranked
    }
}
