internal import VAE

/// `NAME.report.html`: a run on one page that needs no other file, no script and no network.
struct ReportPage {
    /// Of the model.
    let name: String
    /// Pairs of name and value, as the model card has them.
    let facts: [(String, String)]
    let command: String?
    let outcome: ReportOutcome
    let wording: ReportWording
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
        \(pictures)\(tables)<footer>\(HTML.escaped(wording.explanation)) “Train” is the mean while the weights moved,
        “test” is measured after the epoch.</footer>
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
        let text = "This run was interrupted and can go on:<br><code>\(HTML.escaped(command))</code>"
        return "<p class=\"state\">\(text)</p>\n"
    }

    /// The last epoch after which the test images were looked at.
    var measured: MetricsRecord? { epochs.last { $0.testLoss != nil } ?? epochs.last }

    private var tiles: String {
        guard let last = measured else { return "" }
        func two(_ value: Double?) -> String? { value.map { FixedPoint.string($0, decimals: 2) } }
        var tiles: [(String, String?, String)] = [
            ("Test \(wording.loss)", two(last.testLoss), wording.unit),
            ("Reconstruction", two(last.testReconstruction), "\(wording.unit), test"),
        ]
        if hasKL { tiles.append(("KL", two(last.testKL), "\(wording.unit), test")) }
        if let active = last.activeUnits, let all = last.perDimensionKL?.count {
            tiles.append(("Active units", "\(active)", "of \(all) latent dimensions"))
        }
        let rates = epochs.compactMap(\.imagesPerSecond).sorted()
        if !rates.isEmpty {
            tiles.append(
                ("Throughput", FixedPoint.grouped(rates[rates.count / 2]), "images/s, median epoch"))
        }
        let seconds = epochs.compactMap(\.seconds).reduce(0, +)
        tiles.append(("Training time", FixedPoint.duration(seconds), "h:mm:ss, without evaluation"))
        let items = tiles.compactMap { label, value, unit in
            value.map {
                "<li><span>\(HTML.escaped(label))</span><strong>\($0)</strong><small>\(HTML.escaped(unit))</small></li>\n"
            }
        }
        return "<ul class=\"tiles\">\n\(items.joined())</ul>\n"
    }

    private var pictures: String {
        var cards = ""
        if let samples {
            let image = HTML.image(png: samples, alternative: "Grid of images that the model drew by itself")
            cards += HTML.section("Samples", note: "E[x|z] for z from the prior", image)
        }
        if let reconstructions {
            let image = HTML.image(
                png: reconstructions, alternative: "Test images in lines 1, 3, …, each above its reconstruction")
            cards += HTML.section(
                "Reconstructions", note: "test images in lines 1, 3, …, each above its reconstruction", image)
        }
        return cards.isEmpty ? "" : "<div class=\"cards\">\n\(cards)</div>\n"
    }
}
