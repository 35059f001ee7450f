extension ReportPage {
    /// Autoencoders without a prior have none.
    var hasKL: Bool { epochs.contains { ($0.trainKL ?? 0) != 0 || ($0.testKL ?? 0) != 0 } }

    private func curve(
        _ name: String, _ style: String, _ value: KeyPath<MetricsRecord, Double?>
    ) -> LineChart.Series {
        LineChart.Series(
            name: name, style: style,
            points: epochs.compactMap { record in record[keyPath: value].map { (Double(record.epoch), $0) } })
    }

    var charts: String {
        let last = Double(plannedEpochs)
        let unit = wording.unit
        var charts = [
            LineChart(
                title: "Loss (\(wording.loss))", unit: unit,
                series: [curve("train", "train", \.trainLoss), curve("test", "test", \.testLoss)], lastX: last),
            LineChart(
                title: "Reconstruction", unit: unit,
                series: [
                    curve("train", "train", \.trainReconstruction), curve("test", "test", \.testReconstruction),
                ], lastX: last),
        ]
        if hasKL {
            charts.append(
                LineChart(
                    title: "KL divergence", unit: unit,
                    series: [curve("train", "train", \.trainKL), curve("test", "test", \.testKL)], lastX: last))
        }
        // Importance-weighted bounds, β and penalties: then the curve of what is minimised is another one.
        if epochs.contains(where: { abs(($0.trainObjective ?? $0.trainLoss ?? 0) - ($0.trainLoss ?? 0)) > 5e-3 }) {
            charts.append(
                LineChart(
                    title: "What is minimised", unit: unit, series: [curve("minimised", "train", \.trainObjective)],
                    lastX: last))
        }
        func vary(_ value: KeyPath<MetricsRecord, Double?>) -> Bool {
            Set(epochs.compactMap { $0[keyPath: value] }).count > 1
        }
        if vary(\.beta) {
            charts.append(
                LineChart(
                    title: "β, weight of the KL", unit: "no unit", series: [curve("β", "train", \.beta)], lastX: last))
        }
        if vary(\.learningRate) {
            charts.append(
                LineChart(
                    title: "Learning rate", unit: "no unit", decimals: 6,
                    series: [curve("learning rate", "train", \.learningRate)], lastX: last))
        }
        if vary(\.gradientNorm) {
            charts.append(
                LineChart(
                    title: "Gradient norm", unit: "mean over the epoch's steps",
                    series: [curve("gradient norm", "train", \.gradientNorm)], lastX: last))
        }
        var html = charts.compactMap(card).joined()
        if let kl = measured?.perDimensionKL, let svg = BarChart(perDimensionKL: kl).svg {
            let legend = """
                <ul class="legend"><li class="bar" style="--swatch: var(--train)">active</li>\
                <li class="bar" style="--swatch: var(--idle)">not used</li></ul>

                """
            html += HTML.section("KL by latent dimension", note: BarChart(perDimensionKL: kl).caption, legend + svg)
        }
        return html
    }

    private func card(_ chart: LineChart) -> String? {
        chart.svg.map { svg in
            // One curve is named by the title.
            guard chart.series.count > 1 else { return HTML.section(chart.title, note: chart.unit, svg) }
            let items = chart.series.map { "<li style=\"--swatch: var(--\($0.style))\">\(HTML.escaped($0.name))</li>" }
            return HTML.section(chart.title, note: chart.unit, "<ul class=\"legend\">\(items.joined())</ul>\n" + svg)
        }
    }
}
