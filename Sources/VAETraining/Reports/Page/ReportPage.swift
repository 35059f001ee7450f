internal import VAE

/// `NAME.report.html`: a run on one page that needs no other file, no script and no network.
struct ReportPage {
    /// Of the model.
    let name: String
    /// Pairs of name and value, as the model card has them.
    let facts: [(String, String)]
    let command: String?
    let outcome: ReportOutcome
    /// Of the whole run.
    let plannedEpochs: Int
    /// Whole epochs, in their order.
    let epochs: [MetricsRecord]
    /// PNG files.
    let samples, reconstructions: [UInt8]?

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>\(HTML.escaped(name)): training report</title>
        <style>
        \(PageStyle.text)
        </style>
        </head>
        <body>
        <main>
        <header>
        <h1>\(HTML.escaped(name))</h1>
        <p class="lead">\(HTML.escaped(lead))</p>
        </header>
        \(state)\(tiles)<div class="cards">
        \(charts)</div>
        \(pictures)\(tables)<footer>−ELBO = reconstruction + KL, in nats per image: −ln p(x|z) summed over pixels, and the
        divergence of q(z|x) from the prior. “Train” is the mean while the weights moved, “test” is measured after the
        epoch.</footer>
        </main>
        </body>
        </html>

        """
    }

    private var lead: String {
        let done = epochs.last?.epoch ?? 0
        let place = outcome == .completed ? "\(plannedEpochs) epochs" : "\(done) of \(plannedEpochs) epochs"
        let facts = Dictionary(facts, uniquingKeysWith: { first, _ in first })
        let data = facts["Data"].map { " on \($0)" } ?? ""
        return "Training report: \(place)\(data)."
    }

    private var state: String {
        guard case .interrupted(let command) = outcome else { return "" }
        return "<p class=\"state\">This run was interrupted and can go on:<br><code>\(HTML.escaped(command))</code></p>\n"
    }

    private var tiles: String {
        guard let last = epochs.last else { return "" }
        func two(_ value: Double?) -> String? { value.map { FixedPoint.string($0, decimals: 2) } }
        var tiles: [(String, String?, String)] = [
            ("Test −ELBO", two(last.testLoss), "nats per image"),
            ("Reconstruction", two(last.testReconstruction), "nats per image, test"),
            ("KL", two(last.testKL), "nats per image, test"),
        ]
        if let active = last.activeUnits, let all = last.perDimensionKL?.count {
            tiles.append(("Active units", "\(active)", "of \(all) latent dimensions"))
        }
        let rates = epochs.compactMap(\.imagesPerSecond).sorted()
        if !rates.isEmpty {
            tiles.append(
                ("Throughput", FixedPoint.grouped(rates[rates.count / 2]), "images a second, median epoch"))
        }
        let seconds = epochs.compactMap(\.seconds).reduce(0, +)
        tiles.append(("Training time", FixedPoint.duration(seconds), "without evaluation, h:mm:ss"))
        let items = tiles.compactMap { label, value, unit in
            value.map { "<li><span>\(label)</span><strong>\($0)</strong><small>\(unit)</small></li>\n" }
        }
        return "<ul class=\"tiles\">\n\(items.joined())</ul>\n"
    }

    private func curve(
        _ name: String, _ style: String, _ value: KeyPath<MetricsRecord, Double?>
    ) -> LineChart.Series {
        LineChart.Series(
            name: name, style: style,
            points: epochs.compactMap { record in record[keyPath: value].map { (Double(record.epoch), $0) } })
    }

    private var charts: String {
        let last = Double(plannedEpochs)
        let nats = "nats per image"
        var charts = [
            LineChart(
                title: "Loss (−ELBO)", unit: nats,
                series: [curve("train", "train", \.trainLoss), curve("test", "test", \.testLoss)], lastX: last),
            LineChart(
                title: "Reconstruction", unit: nats,
                series: [
                    curve("train", "train", \.trainReconstruction), curve("test", "test", \.testReconstruction),
                ], lastX: last),
            LineChart(
                title: "KL divergence", unit: nats,
                series: [curve("train", "train", \.trainKL), curve("test", "test", \.testKL)], lastX: last),
        ]
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
        var html = charts.compactMap { chart in
            chart.svg.map { card(chart.title, note: chart.unit, legend: chart.series, $0) }
        }.joined()
        if let kl = epochs.last?.perDimensionKL, let svg = BarChart(perDimensionKL: kl).svg {
            let chart = BarChart(perDimensionKL: kl)
            let legend = """
                <ul class="legend"><li class="bar" style="--swatch: var(--train)">active</li>\
                <li class="bar" style="--swatch: var(--idle)">not used</li></ul>

                """
            html += "<section><h2>KL by latent dimension</h2><p class=\"note\">\(chart.caption)</p>\n\(legend)\(svg)</section>\n"
        }
        return html
    }

    private func card(_ title: String, note: String, legend: [LineChart.Series], _ content: String) -> String {
        var html = "<section><h2>\(HTML.escaped(title))</h2><p class=\"note\">\(HTML.escaped(note))</p>\n"
        // One curve is named by the title.
        if legend.count > 1 {
            let items = legend.map { "<li style=\"--swatch: var(--\($0.style))\">\(HTML.escaped($0.name))</li>" }
            html += "<ul class=\"legend\">\(items.joined())</ul>\n"
        }
        return html + content + "</section>\n"
    }

    private var pictures: String {
        var cards = ""
        if let samples {
            let image = HTML.image(png: samples, alternative: "Grid of images that the model drew by itself")
            cards += "<section><h2>Samples</h2><p class=\"note\">E[x|z] for z from the prior</p>\(image)</section>\n"
        }
        if let reconstructions {
            let image = HTML.image(
                png: reconstructions, alternative: "Test images in lines 1, 3, …, each above its reconstruction")
            cards += "<section><h2>Reconstructions</h2><p class=\"note\">test images in lines 1, 3, …, "
            cards += "each above its reconstruction</p>\(image)</section>\n"
        }
        return cards.isEmpty ? "" : "<div class=\"cards\">\n\(cards)</div>\n"
    }

    private var tables: String {
        func two(_ value: Double?) -> String { value.map { FixedPoint.string($0, decimals: 2) } ?? "–" }
        var html = ""
        if let last = epochs.last {
            var rows = [
                ["Train, epoch \(last.epoch)", two(last.trainLoss), two(last.trainReconstruction), two(last.trainKL)],
                ["Test", two(last.testLoss), two(last.testReconstruction), two(last.testKL)],
            ]
            if let best = epochs.filter({ $0.testLoss != nil }).min(by: { $0.testLoss! < $1.testLoss! }) {
                rows.append([
                    "Test, best (epoch \(best.epoch))", two(best.testLoss), two(best.testReconstruction),
                    two(best.testKL),
                ])
            }
            html += "<div class=\"cards\"><section><h2>Final figures</h2><p class=\"note\">nats per image</p>\n"
            html += HTML.table(head: ["", "−ELBO", "reconstruction", "KL"], rows: rows, kind: "figures")
            let scalars = (last.scalars ?? [:]).sorted { $0.key < $1.key }
            var further = scalars.map { [$0.key, FixedPoint.string($0.value, decimals: 4)] }
            if let skipped = last.skippedSteps, skipped > 0 {
                further.append(["Steps skipped (not finite)", "\(skipped)"])
            }
            if !further.isEmpty { html += HTML.table(rows: further, kind: "figures") }
            html += "</section>\n<section><h2>Settings</h2>\n"
        } else {
            html += "<div class=\"cards\"><section><h2>Settings</h2>\n"
        }
        html += HTML.table(rows: facts.map { [$0.0, $0.1] }, kind: "facts") + "</section></div>\n"
        if let command {
            html += "<section class=\"wide\"><h2>Command</h2>\n<pre>\(HTML.escaped(command))</pre></section>\n"
        }
        guard !epochs.isEmpty else { return html }
        let rows = LineChart.thinned(epochs).map { record in
            [
                "\(record.epoch)", "\(record.step)", two(record.trainLoss), two(record.trainReconstruction),
                two(record.trainKL), two(record.testLoss), two(record.testReconstruction), two(record.testKL),
                record.imagesPerSecond.map(FixedPoint.grouped) ?? "–", two(record.seconds),
            ]
        }
        let head = [
            "epoch", "steps", "train −ELBO", "reconstr.", "KL", "test −ELBO", "reconstr.", "KL", "images/s", "s",
        ]
        html += "<section class=\"wide\"><details><summary>All epochs as a table</summary><div class=\"scroll\">\n"
        return html + HTML.table(head: head, rows: rows, kind: "figures") + "</div></details></section>\n"
    }
}
