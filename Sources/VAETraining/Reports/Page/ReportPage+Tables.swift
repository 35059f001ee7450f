extension ReportPage {
    var tables: String {
        var left = ""
        if let last = epochs.last {
            var content = HTML.table(
                head: ["", wording.loss, "reconstruction", "KL"], rows: finalFigures(last), kind: "figures")
            var further = (last.scalars ?? [:]).sorted { $0.key < $1.key }
                .map { [$0.key, FixedPoint.string($0.value, decimals: 4)] }
            if let skipped = last.skippedSteps, skipped > 0 {
                further.append(["steps skipped (not finite)", "\(skipped)"])
            }
            if !further.isEmpty { content += HTML.table(rows: further, kind: "figures") }
            left += HTML.section("Final figures", note: wording.unit, content)
        }
        if let command { left += HTML.section("Command", "<pre>\(HTML.escaped(command))</pre>") }
        let right = HTML.section("Settings", HTML.table(rows: facts.map { [$0.0, $0.1] }, kind: "facts"))
        return "<div class=\"cards top\"><div>\(left)</div>\n\(right)</div>\n\(allEpochs)"
    }

    private func finalFigures(_ last: MetricsRecord) -> [[String]] {
        var rows = [
            ["train, epoch \(last.epoch)"] + Self.two(last.trainLoss, last.trainReconstruction, last.trainKL)
        ]
        let tested = measured ?? last
        rows.append(
            [tested.epoch == last.epoch ? "test" : "test, epoch \(tested.epoch)"]
                + Self.two(tested.testLoss, tested.testReconstruction, tested.testKL))
        let candidates = epochs.compactMap { record in record.testLoss.map { (loss: $0, record: record) } }
        if let best = candidates.min(by: { $0.loss < $1.loss })?.record, best.epoch != tested.epoch {
            rows.append(
                ["test, best (epoch \(best.epoch))"] + Self.two(best.testLoss, best.testReconstruction, best.testKL))
        }
        return rows
    }

    private var allEpochs: String {
        guard !epochs.isEmpty else { return "" }
        let rows = LineChart.thinned(epochs).map { record in
            ["\(record.epoch)", "\(record.step)"]
                + Self.two(
                    record.trainLoss, record.trainReconstruction, record.trainKL, record.testLoss,
                    record.testReconstruction, record.testKL)
                + [record.imagesPerSecond.map(FixedPoint.grouped) ?? "–"] + Self.two(record.seconds)
        }
        let head = [
            "epoch", "steps", "train \(wording.loss)", "reconstr.", "KL", "test \(wording.loss)", "reconstr.", "KL",
            "images/s", "s",
        ]
        return "<section class=\"wide\"><details><summary>All epochs as a table</summary><div class=\"scroll\">\n"
            + HTML.table(head: head, rows: rows, kind: "figures") + "</div></details></section>\n"
    }

    private static func two(_ values: Double?...) -> [String] {
        values.map { value in value.map { FixedPoint.string($0, decimals: 2) } ?? "–" }
    }
}
