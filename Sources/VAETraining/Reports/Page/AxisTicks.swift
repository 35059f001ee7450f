internal import Glibc

/// Round numbers along an axis that cover some values.
struct AxisTicks: Hashable {
    let values: [Double]
    /// Digits after the point that tell neighbours apart.
    let decimals: Int
    var low: Double { values[0] }
    var high: Double { values[values.count - 1] }

    /// About `count` ticks, the first at or below `low`, the last at or above `high`. Steps are 1, 2 or 5 times a power
    /// of ten, and at least `minimumStep`.
    init(from low: Double, to high: Double, count: Int, minimumStep: Double = 0) {
        let span = max(high - low, max(abs(low), abs(high), 1e-9) * 1e-3, minimumStep)
        let rough = span / Double(max(count - 1, 1))
        let power = pow(10, rough == 0 ? 0 : log10(rough).rounded(.down))
        let step = max([1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? power, minimumStep)
        let first = (low / step + 1e-9).rounded(.down)
        let last = max((high / step - 1e-9).rounded(.up), first + 1)
        values = (0...Int(last - first)).map { (first + Double($0)) * step }
        decimals = max(0, Int(-log10(step).rounded(.down)))
    }

    /// How the tick at `value` is labelled.
    func label(_ value: Double) -> String {
        abs(value) >= 1e7 ? "\(value)" : FixedPoint.string(value, decimals: decimals)
    }
}
