import Testing
import VAE

@testable import VAETraining

@Suite struct ReportPageTests {
    private func page(epochs: Int, outcome: ReportOutcome = .completed, name: String = "digits") -> String {
        let records = (1...max(epochs, 1)).prefix(epochs).map { number in
            MetricsRecord(MetricsLogTests.epoch(number, kl: [0.001, 3, 0.5]), time: 7)
        }
        return ReportPage(
            name: name, facts: [("Data", "<MNIST> & \"more\""), ("Epochs", "9")],
            command: "vae-trainer train --out 'a'", outcome: outcome, wording: ReportWording(), plannedEpochs: 9,
            epochs: records, samples: Self.png,
            reconstructions: nil
        ).html
    }

    /// The signature and the header chunk of a grey picture of 3 × 2.
    private static let png: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 3, 0, 0, 0, 2,
        8, 0, 0, 0, 0, 1, 2, 3, 4,
    ]

    @Test func nothingLeavesThePage() {
        let page = page(epochs: 9)
        for word in ["http:", "https:", "<script", "<link", "url(", "@import"] { #expect(!page.contains(word)) }
        for part in page.split(separator: "src=\"").dropFirst() { #expect(part.hasPrefix("data:image/png;base64,")) }
        #expect(page.contains("width=\"3\" height=\"2\""))
    }

    @Test func textFromOutsideIsEscaped() {
        let page = page(epochs: 1, outcome: .interrupted(resumeCommand: "go <on>"), name: "<b>&")
        #expect(page.contains("<h1>&lt;b&gt;&amp;</h1>") && page.contains("go &lt;on&gt;"))
        #expect(page.contains("&lt;MNIST&gt; &amp; &quot;more&quot;") && page.contains("--out &#39;a&#39;"))
        #expect(!page.contains("<b>") && !page.contains("<MNIST>") && !page.contains("<on>"))
    }

    @Test func theFiguresAreThoseOfTheLastEpoch() {
        let page = page(epochs: 7)
        #expect(page.contains("<strong>34.00</strong>"))  // 91 / 7 + 21
        #expect(page.contains("2 of 3 dimensions are active"))
        #expect(page.contains("train from 110.00 at epoch 1 to 32.86 at epoch 7"))
    }

    @Test func anInterruptedRunWithoutAnEpochHasAPageToo() {
        let page = page(epochs: 0, outcome: .interrupted(resumeCommand: "vae-trainer train --resume"))
        #expect(page.contains("0 of 9 epochs") && page.contains("vae-trainer train --resume"))
        #expect(!page.contains("<path class=\"line"))
    }

    @Test func longRunsAreThinnedOut() {
        let points = Array(1...100_000)
        let few = LineChart.thinned(points)
        #expect(few.count == LineChart.maximumPoints && few.first == 1 && few.last == 100_000)
        #expect(LineChart.thinned([1, 2, 3]) == [1, 2, 3])
        let all = ReportPage(
            name: "long", facts: [], command: nil, outcome: .completed, wording: ReportWording(), plannedEpochs: 5000,
            epochs: (1...5000).map { MetricsRecord(MetricsLogTests.epoch($0), time: 7) }, samples: nil,
            reconstructions: nil
        ).html
        #expect(all.utf8.count < 500_000)
    }

    @Test func barsStandInOrder() throws {
        let svg = try #require(BarChart(perDimensionKL: [0.001, 3, 0.5]).svg)
        let order = svg.split(separator: "<title>dimension ").dropFirst().map { $0.prefix(1) }
        #expect(order == ["1", "2", "0"])
        #expect(svg.split(separator: "class=\"active\"").count == 3)
        #expect(svg.split(separator: "class=\"idle\"").count == 2)
        #expect(BarChart(perDimensionKL: []).svg == nil && BarChart(perDimensionKL: [.nan]).svg == nil)
        let many = try #require(BarChart(perDimensionKL: [Float](repeating: 1, count: 70_000)).svg)
        #expect(many.split(separator: "<rect").count == BarChart.maximumBars + 1)
    }

    @Test(arguments: [
        (0.0, 1.0), (105.17, 139.64), (-3, 3), (1e-7, 2e-7), (5, 5), (0, 0), (1e9, 3e9), (-1e-3, 0), (99.999, 100.001),
    ])
    func ticksAreRoundAndCoverTheirValues(low: Double, high: Double) {
        let ticks = AxisTicks(from: low, to: high, count: 6)
        #expect(ticks.low <= low + 1e-9 * abs(low) && ticks.high >= high - 1e-9 * abs(high))
        #expect((2...12).contains(ticks.values.count))
        let labels = ticks.values.map(ticks.label)
        #expect(Set(labels).count == labels.count)
        for (value, label) in zip(ticks.values, labels) {
            #expect(abs((Double(label) ?? .nan) - value) <= 1e-6 * (ticks.high - ticks.low))
        }
    }

    @Test func thousandsStandApart() {
        #expect(FixedPoint.grouped(1_234_567.4) == "1\u{202F}234\u{202F}567")
        #expect(FixedPoint.grouped(999) == "999")
        #expect(FixedPoint.grouped(.nan) == "nan")
    }
}
