/// Curves over epochs as an SVG figure. Every point tells its value when pointed at; the caption says in words what the
/// curves show, for those who cannot see them.
struct LineChart {
    struct Series {
        let name: String
        /// Of the style sheet: `train` or `test`.
        let style: String
        /// In order of x.
        let points: [(x: Double, y: Double)]
    }

    var title: String
    /// What y counts, such as `nats per image`.
    var unit: String
    var decimals = 2
    var series: [Series]
    /// The x axis ends here at least.
    var lastX: Double
    /// The epoch whose weights were kept, if one was chosen.
    var mark: Double?

    /// More points than pixels would only make the file longer.
    static let maximumPoints = 400
    private static let (width, height) = (560.0, 280.0)
    private static let (left, right, top, bottom) = (52.0, 12.0, 12.0, 36.0)

    /// `nil` if there is nothing to draw.
    var svg: String? {
        let curves = series.map { Series(name: $0.name, style: $0.style, points: Self.thinned($0.points)) }
        let points = curves.flatMap(\.points)
        guard let low = points.map(\.y).min(), let high = points.map(\.y).max(), let first = points.map(\.x).min()
        else { return nil }
        let last = max(lastX, points.map(\.x).max() ?? first)
        let across = AxisTicks(from: first, to: max(last, first + 1), count: 8, minimumStep: 1)
        let up = AxisTicks(from: low, to: high, count: 6)
        let end = max(last, first + 1)
        func x(_ value: Double) -> Double {
            Self.left + (value - first) / (end - first) * (Self.width - Self.left - Self.right)
        }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - (value - up.low) / (up.high - up.low) * (Self.height - Self.top - Self.bottom)
        }
        var svg = "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\""
        svg += "\(HTML.escaped(title + ". " + caption))\">\n<desc>\(HTML.escaped(caption))</desc>\n"
        for tick in up.values {
            svg += "<path class=\"grid\" d=\"M\(n(Self.left)) \(n(y(tick)))H\(n(Self.width - Self.right))\"/>"
            svg += "<text class=\"up\" x=\"\(n(Self.left - 8))\" y=\"\(n(y(tick) + 4))\">\(up.label(tick))</text>\n"
        }
        let base = Self.height - Self.bottom
        svg += "<path class=\"axis\" d=\"M\(n(Self.left)) \(n(base))H\(n(Self.width - Self.right))\"/>\n"
        for tick in [first] + across.values where tick >= first && tick <= end {
            if tick != first, x(tick) - x(first) < 24 { continue }
            svg += "<text class=\"across\" x=\"\(n(x(tick)))\" y=\"\(n(base + 17))\">\(across.label(tick))</text>\n"
        }
        svg += "<text class=\"across\" x=\"\(n((Self.left + Self.width - Self.right) / 2))\" "
        svg += "y=\"\(n(Self.height - 3))\">epoch</text>\n"
        if let mark, mark >= first, mark <= end {
            svg += "<path class=\"mark\" d=\"M\(n(x(mark))) \(n(Self.top))V\(n(base))\">"
            svg += "<title>epoch \(Int(mark)): the weights kept</title></path>\n"
        }
        for curve in curves where !curve.points.isEmpty {
            let line = curve.points.map { "\(n(x($0.x))) \(n(y($0.y)))" }.joined(separator: "L")
            svg += "<path class=\"line \(curve.style)\" d=\"M\(line)\"/>\n"
        }
        for curve in curves {
            let visible = curve.points.count <= 40
            for point in curve.points {
                svg += "<circle class=\"\(curve.style)\(visible ? "" : " hidden")\" cx=\"\(n(x(point.x)))\" "
                svg += "cy=\"\(n(y(point.y)))\" r=\"\(visible ? 3 : 5)\"><title>epoch \(Int(point.x)), "
                svg += "\(HTML.escaped(curve.name)): \(FixedPoint.string(point.y, decimals: decimals))"
                svg += "</title></circle>\n"
            }
        }
        return svg + "</svg>\n"
    }

    /// Where each curve begins and ends.
    var caption: String {
        let parts = series.compactMap { series -> String? in
            guard let first = series.points.first, let last = series.points.last else { return nil }
            let value = { (y: Double) in FixedPoint.string(y, decimals: decimals) }
            return series.points.count == 1
                ? "\(series.name) \(value(last.y)) at epoch \(Int(last.x))"
                : "\(series.name) from \(value(first.y)) at epoch \(Int(first.x)) to \(value(last.y)) at epoch \(Int(last.x))"
        }
        let kept = mark.map { "; the weights of epoch \(Int($0)) were kept" } ?? ""
        return parts.joined(separator: "; ") + (unit.isEmpty ? "" : "; " + unit) + kept
    }

    /// At most `maximumPoints` of `points`, evenly chosen, the first and the last among them.
    static func thinned<Point>(_ points: [Point]) -> [Point] {
        guard points.count > maximumPoints else { return points }
        return (0..<maximumPoints).map { points[$0 * (points.count - 1) / (maximumPoints - 1)] }
    }

    private func n(_ value: Double) -> String { FixedPoint.string(value, decimals: 1) }
}
