/// The KL divergence of each latent dimension, the most informative first, as an SVG figure.
struct BarChart {
    /// In nats, by dimension.
    var perDimensionKL: [Float]

    /// Dimensions that are drawn; the rest would be thinner than a pixel.
    static let maximumBars = 256
    private static let (width, height) = (560.0, 280.0)
    private static let (left, right, top, bottom) = (52.0, 12.0, 12.0, 36.0)

    /// `nil` if there is nothing to draw.
    var svg: String? {
        guard !perDimensionKL.isEmpty, perDimensionKL.allSatisfy(\.isFinite) else { return nil }
        let ordered = perDimensionKL.enumerated().sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }
        let bars = ordered.prefix(Self.maximumBars)
        let up = AxisTicks(from: 0, to: max(Double(bars[0].element), 0.01), count: 6)
        let base = Self.height - Self.bottom
        let pitch = (Self.width - Self.left - Self.right) / Double(bars.count)
        let gap = pitch > 6 ? 2.0 : 0.0
        let bar = min(pitch - gap, 28)
        func y(_ value: Double) -> Double { base - max(value, 0) / up.high * (base - Self.top) }
        var svg = "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\""
        svg += "KL divergence by latent dimension. \(caption)\">\n<desc>\(caption)</desc>\n"
        for tick in up.values {
            svg += "<path class=\"grid\" d=\"M\(n(Self.left)) \(n(y(tick)))H\(n(Self.width - Self.right))\"/>"
            svg += "<text class=\"up\" x=\"\(n(Self.left - 8))\" y=\"\(n(y(tick) + 4))\">\(up.label(tick))</text>\n"
        }
        let labelled = max(1, Int((22 / pitch).rounded(.up)))
        for (rank, (dimension, kl)) in bars.enumerated() {
            let x = Self.left + Double(rank) * pitch + (pitch - bar) / 2
            // A dimension without information keeps a visible foot.
            let top = min(y(Double(kl)), base - 1)
            let style = kl > Evaluation.usedKL ? "active" : "idle"
            svg += "<rect class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(top))\" width=\"\(n(bar))\" "
            svg += "height=\"\(n(base - top))\"><title>dimension \(dimension): "
            svg += "\(FixedPoint.string(Double(kl), decimals: 3)) nats, "
            svg += "\(kl > Evaluation.usedKL ? "active" : "not used")</title></rect>"
            if rank % labelled == 0 {
                svg += "<text class=\"across\" x=\"\(n(x + bar / 2))\" y=\"\(n(base + 17))\">\(dimension)</text>"
            }
            svg += "\n"
        }
        svg += "<path class=\"axis\" d=\"M\(n(Self.left)) \(n(base))H\(n(Self.width - Self.right))\"/>\n"
        svg += "<text class=\"across\" x=\"\(n((Self.left + Self.width - Self.right) / 2))\" "
        svg += "y=\"\(n(Self.height - 3))\">latent dimension</text>\n"
        return svg + "</svg>\n"
    }

    /// The figure in words.
    var caption: String {
        let active = perDimensionKL.count { $0 > Evaluation.usedKL }
        let drawn =
            perDimensionKL.count > Self.maximumBars ? "; the first \(Self.maximumBars) of them are drawn" : ""
        return
            "\(active) of \(perDimensionKL.count) dimensions are active (mean KL above \(Evaluation.usedKL) nats)\(drawn)"
    }

    private func n(_ value: Double) -> String { FixedPoint.string(value, decimals: 1) }
}
