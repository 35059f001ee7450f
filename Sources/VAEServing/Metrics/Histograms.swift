/// Several histograms with the same buckets, as Prometheus counts them: cumulative when rendered, one cell per bucket
/// while counting. An observation is two relaxed additions.
final class Histograms: Sendable {
    /// Upper bounds, ascending; a last one of +∞ is implied.
    let bounds: [Double]
    /// What one unit of an observed integer is worth in the rendered unit, such as 1e-9 for nanoseconds.
    private let unit: Double
    private let thresholds: [UInt64]
    /// `le="…"} `, as samples end before their value.
    private let boundTexts: [String]
    private let cells: AtomicCounters
    private var stride: Int { bounds.count + 2 }

    init(count: Int, bounds: [Double], unit: Double) {
        self.bounds = bounds
        self.unit = unit
        thresholds = bounds.map { UInt64(($0 / unit).rounded()) }
        boundTexts = bounds.map { "le=\"\($0)\"} " } + ["le=\"+Inf\"} "]
        cells = AtomicCounters(count: count * (bounds.count + 2))
    }

    /// Counts `value`, in units, in histogram `index`.
    func observe(_ value: UInt64, in index: Int) {
        var bucket = 0
        while bucket < thresholds.count && value > thresholds[bucket] { bucket += 1 }
        cells.add(at: index * stride + bucket)
        cells.add(value, at: index * stride + stride - 1)
    }

    /// Number of observations of histogram `index`.
    func total(_ index: Int) -> UInt64 { (0...bounds.count).reduce(0) { $0 + cells[index * stride + $1] } }

    /// Sum of the observations of histogram `index`, in units.
    func sum(_ index: Int) -> UInt64 { cells[index * stride + stride - 1] }

    /// The sample lines of histogram `index`; `labels` without braces, such as `route="/x"`.
    func render(_ index: Int, name: String, labels: String = "", into text: inout String) {
        let start = "\(name)_bucket{\(labels.isEmpty ? "" : labels + ",")"
        var cumulative: UInt64 = 0
        for bucket in 0...bounds.count {
            cumulative += cells[index * stride + bucket]
            text += start
            text += boundTexts[bucket]
            text += String(cumulative)
            text += "\n"
        }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(name)_sum\(braces) \(Double(sum(index)) * unit)\n"
        text += "\(name)_count\(braces) \(cumulative)\n"
    }
}
