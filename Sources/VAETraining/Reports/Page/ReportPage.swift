internal import VAE

/// `NAME.report.html`: a run on one page that needs no other file, no script and no network.
struct ReportPage {
    /// Of the model.
    let name: String
    /// Pairs of name and value, as the model card has them.
    let facts: [(String, String)]
    /// Of the checkpoint.
    let training: TrainingRecord
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

    /// Whole epochs that were run.
    var done: Int { epochs.last?.epoch ?? training.epochs ?? 0 }

    private var lead: String {
        let planned = outcome == .completed ? "at most \(plannedEpochs)" : "\(plannedEpochs)"
        let place = outcome == .completed && done == plannedEpochs ? "\(done) epochs" : "\(done) of \(planned) epochs"
        let data = training.dataset.map { " on \($0)" } ?? ""
        var lead = "Training report: \(place)\(data)."
        if outcome == .completed, done < plannedEpochs { lead += " Training stopped early." }
        if let kept = training.kept {
            lead += " The weights kept are those after epoch \(kept.epoch), with the best \(wording.describe(kept)); "
            lead += (samples ?? reconstructions) == nil ? "the figures are theirs." : "figures and pictures are theirs."
        }
        return lead
    }

    private var state: String {
        guard case .interrupted(let command) = outcome else { return "" }
        let text = "This run was interrupted and can go on:<br><code>\(HTML.escaped(command))</code>"
        return "<p class=\"state\">\(text)</p>\n"
    }

    /// The epoch whose weights the checkpoint holds, with the figures measured on those; of a run that goes on, the last
    /// epoch after which the test set was looked at.
    var measured: MetricsRecord? {
        guard let test = training.test else { return epochs.last { $0.testLoss != nil } ?? epochs.last }
        let epoch = training.kept?.epoch ?? done
        guard var record = epochs.last(where: { $0.epoch == epoch }) else { return nil }
        (record.testLoss, record.testReconstruction, record.testKL) = (test.loss, test.reconstruction, test.kl)
        record.perDimensionKL = training.perDimensionKL
        record.activeUnits = training.perDimensionKL.map { kl in kl.count { $0 > Evaluation.usedKL } }
        return record
    }

    private var tiles: String {
        guard let last = measured else { return "" }
        func two(_ value: Double?) -> String? { value.map { FixedPoint.string($0, decimals: 2) } }
        var tiles: [(String, String?, String)] = [
            ("Test \(wording.loss)", two(last.testLoss), wording.unit)
        ]
        if wording.hasKL {
            tiles.append(("Reconstruction", two(last.testReconstruction), "\(wording.unit), test"))
            tiles.append(("KL", two(last.testKL), "\(wording.unit), test"))
            if let active = last.activeUnits, let all = last.perDimensionKL?.count {
                tiles.append(("Active units", "\(active)", "of \(all) latent dimensions"))
            }
        }
        for (name, value) in (last.scalars ?? [:]).sorted(by: { $0.key < $1.key }) {
            let (title, unit) = wording.scalar(name)
            tiles.append((title, FixedPoint.string(value, decimals: 4), unit))
        }
        let rates = epochs.compactMap(\.imagesPerSecond).sorted()
        if !rates.isEmpty {
            tiles.append(
                ("Throughput", FixedPoint.grouped(rates[rates.count / 2]), "\(wording.examples)/s, median epoch"))
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
