internal import VAE

extension ReportPage {
    var tables: String {
        var left = ""
        if let last = epochs.last {
            let terms = wording.hasKL ? ["reconstruction", "KL"] : []
            var content = HTML.table(head: ["", wording.loss] + terms, rows: figures(last), kind: "figures")
            var further = (measured?.scalars ?? [:]).sorted { $0.key < $1.key }
                .map { [$0.key, FixedPoint.string($0.value, decimals: 4)] }
            if let skipped = last.skippedSteps, skipped > 0 {
                further.append(["steps skipped (not finite)", "\(skipped)"])
            }
            if !further.isEmpty { content += HTML.table(rows: further, kind: "figures") }
            left += HTML.section(title, note: wording.unit, content)
        }
        if let command = training.command {
            left += HTML.section("Command", "<pre>\(HTML.escaped(command))</pre>")
        }
        let right = HTML.section("Settings", HTML.table(rows: facts.map { [$0.0, $0.1] }, kind: "facts"))
        return "<div class=\"cards top\"><div>\(left)</div>\n\(right)</div>\n\(allEpochs)"
    }

    private var title: String {
        if let kept = training.kept { return "Figures of the weights kept, epoch \(kept.epoch)" }
        return outcome == .completed ? "Final figures" : "Figures so far"
    }

    private func figures(_ last: MetricsRecord) -> [[String]] {
        let tested = measured ?? last
        let trained = training.kept == nil ? last : tested
        var rows = [["train, epoch \(trained.epoch)"] + train(trained)]
        rows.append([tested.epoch == last.epoch ? "test" : "test, epoch \(tested.epoch)"] + test(tested))
        if training.kept != nil {
            if tested.epoch != last.epoch { rows.append(["test, last (epoch \(last.epoch))"] + test(last)) }
            return rows
        }
        let candidates = epochs.compactMap { record in record.testLoss.map { (loss: $0, record: record) } }
        if let best = candidates.min(by: { $0.loss < $1.loss })?.record, best.epoch != tested.epoch {
            rows.append(["test, best (epoch \(best.epoch))"] + test(best))
        }
        return rows
    }

    private func train(_ record: MetricsRecord) -> [String] {
        Self.two(record.trainLoss) + (wording.hasKL ? Self.two(record.trainReconstruction, record.trainKL) : [])
    }

    private func test(_ record: MetricsRecord) -> [String] {
        Self.two(record.testLoss) + (wording.hasKL ? Self.two(record.testReconstruction, record.testKL) : [])
    }

    private var allEpochs: String {
        guard !epochs.isEmpty else { return "" }
        let rows = LineChart.thinned(epochs).map { record in
            [record.epoch == training.kept?.epoch ? "\(record.epoch), kept" : "\(record.epoch)", "\(record.step)"]
                + train(record) + test(record) + [record.imagesPerSecond.map(FixedPoint.grouped) ?? "–"]
                + Self.two(record.seconds)
        }
        let terms = wording.hasKL ? ["reconstr.", "KL"] : []
        let head =
            ["epoch", "steps", "train \(wording.loss)"] + terms + ["test \(wording.loss)"] + terms
            + ["\(wording.examples)/s", "s"]
        return "<section class=\"wide\"><details><summary>All epochs as a table</summary><div class=\"scroll\">\n"
            + HTML.table(head: head, rows: rows, kind: "figures") + "</div></details></section>\n"
    }

    private static func two(_ values: Double?...) -> [String] {
        values.map { value in value.map { FixedPoint.string($0, decimals: 2) } ?? "–" }
    }
}
