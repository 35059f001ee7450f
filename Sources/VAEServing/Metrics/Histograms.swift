/// Several histograms with the same buckets, as Prometheus counts them: cumulative when rendered, one cell per bucket
/// while counting.
final class Histograms: Sendable {
    /// Upper bounds, ascending; a last one of +∞ is implied.
    let bounds: [Double]
    /// What one unit of an observed integer is worth in the rendered unit, such as 1e-9 for nanoseconds.
    private let unit: Double
    private let thresholds: [UInt64]
    private let cells: AtomicCounters
    private var stride: Int { bounds.count + 2 }

    init(count: Int, bounds: [Double], unit: Double) {
        self.bounds = bounds
        self.unit = unit
        thresholds = bounds.map { UInt64(($0 / unit).rounded()) }
        cells = AtomicCounters(count: count * (bounds.count + 2))
    }

    /// Counts `value`, in units, in histogram `index`.
    func observe(_ value: UInt64, in index: Int) {
        let bucket = thresholds.firstIndex { value <= $0 } ?? thresholds.count
        cells.add(at: index * stride + bucket)
        cells.add(value, at: index * stride + stride - 1)
    }

    /// Number of observations of histogram `index`.
    func total(_ index: Int) -> UInt64 { (0...bounds.count).reduce(0) { $0 + cells[index * stride + $1] } }

    /// The sample lines of histogram `index`; `labels` without braces, such as `route="/x"`.
    func render(_ index: Int, name: String, labels: String, into text: inout String) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulative: UInt64 = 0
        for bucket in 0...bounds.count {
            cumulative += cells[index * stride + bucket]
            let bound = bucket < bounds.count ? "\(bounds[bucket])" : "+Inf"
            text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(cumulative)\n"
        }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(name)_sum\(braces) \(Double(cells[index * stride + stride - 1]) * unit)\n"
        text += "\(name)_count\(braces) \(cumulative)\n"
    }
}
