internal import VAE

extension ReportPage {
    private func curve(
        _ name: String, _ style: String, _ value: (MetricsRecord) -> Double?
    ) -> LineChart.Series {
        LineChart.Series(
            name: name, style: style,
            points: epochs.compactMap { record in value(record).map { (Double(record.epoch), $0) } })
    }

    /// Curves of what else was measured: what the weights were chosen by, for one.
    private func scalarCharts(lastX last: Double) -> [LineChart] {
        Set(epochs.flatMap { ($0.scalars ?? [:]).keys }).sorted().map { name in
            let (title, unit) = wording.scalar(name)
            return LineChart(
                title: title, unit: unit, decimals: 4, series: [curve(title, "test") { $0.scalars?[name] }], lastX: last
            )
        }
    }

    var charts: String {
        // A run that goes on shows how far it has to go.
        let last = Double(outcome == .completed ? done : plannedEpochs)
        let unit = wording.unit
        var charts = [
            LineChart(
                title: "Loss (\(wording.loss))", unit: unit,
                series: [curve("train", "train", \.trainLoss), curve("test", "test", \.testLoss)], lastX: last)
        ]
        if wording.hasKL {
            charts.append(
                LineChart(
                    title: "Reconstruction", unit: unit,
                    series: [
                        curve("train", "train", \.trainReconstruction), curve("test", "test", \.testReconstruction),
                    ], lastX: last))
            charts.append(
                LineChart(
                    title: "KL divergence", unit: unit,
                    series: [curve("train", "train", \.trainKL), curve("test", "test", \.testKL)], lastX: last))
        }
        // Importance-weighted bounds, β and penalties: then the curve of what is minimised is another one.
        if epochs.contains(where: { abs(($0.trainObjective ?? $0.trainLoss ?? 0) - ($0.trainLoss ?? 0)) > 5e-3 }) {
            charts.append(
                LineChart(
                    title: wording.draws > 1 ? "Importance-weighted bound (minimised)" : "What is minimised",
                    unit: unit, series: [curve("minimised", "train", \.trainObjective)],
                    lastX: last))
        }
        charts += scalarCharts(lastX: last)
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
        for index in charts.indices { charts[index].mark = training.kept.map { Double($0.epoch) } }
        var html = charts.compactMap(card).joined()
        if wording.hasKL, let kl = measured?.perDimensionKL, let svg = BarChart(perDimensionKL: kl).svg {
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
