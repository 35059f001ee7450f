import Testing
import VAE

@testable import VAETraining

@Suite struct ReportPageTests {
    private func page(
        epochs: Int, outcome: ReportOutcome = .completed, name: String = "digits",
        wording: ReportWording = ReportWording(), kept: Int? = nil
    ) -> String {
        var training = TrainingRecord()
        training.dataset = "<MNIST> & \"more\""
        training.command = "vae-trainer train --out 'a'"
        training.epochs = epochs
        if let kept {
            let result = MetricsLogTests.epoch(kept, kl: [0.001, 3, 0.002])
            training.kept = TrainingRecord.Kept(epoch: kept, measure: "validation_loss", value: 50.5, examples: 20)
            (training.train, training.test) = (result.train, result.test)
            training.perDimensionKL = result.perDimensionKL
        }
        let records = (1...max(epochs, 1)).prefix(epochs).map { number in
            MetricsRecord(MetricsLogTests.epoch(number, kl: [0.001, 3, 0.5]), time: 7)
        }
        return ReportPage(
            name: name, facts: [("Data", "<MNIST> & \"more\""), ("Epochs", "9")],
            training: training, outcome: outcome, wording: wording, plannedEpochs: 9,
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

    @Test func theFiguresAreThoseOfTheWeightsKept() {
        let page = page(epochs: 7, kept: 4)
        #expect(page.contains("7 of at most 9 epochs on &lt;MNIST&gt;") && page.contains("Training stopped early."))
        #expect(
            page.contains("The weights kept are those after epoch 4, with the best −ELBO 50.50 on 20 validation images")
        )
        #expect(page.contains("<strong>43.75</strong>"))  // 91 / 4 + 21
        #expect(!page.contains("<strong>34.00</strong>"))
        #expect(page.contains("1 of 3 dimensions are active"))
        #expect(page.contains("<strong>1</strong><small>of 3 latent dimensions"))
        #expect(page.contains("<h2>Figures of the weights kept, epoch 4</h2>") && !page.contains("Final figures"))
        #expect(page.contains("<th scope=\"row\">train, epoch 4</th><td>42.50</td>"))  // 90 / 4 + 20
        #expect(page.contains("<th scope=\"row\">test, epoch 4</th><td>43.75</td>"))
        #expect(page.contains("<th scope=\"row\">test, last (epoch 7)</th><td>34.00</td>"))
        #expect(page.contains("epoch 4: the weights kept") && page.contains("<th scope=\"row\">4, kept</th>"))
    }

    /// Where nothing was chosen, nothing is said.
    @Test func theLastWeightsAreNotCalledKept() {
        let page = page(epochs: 9)
        #expect(page.contains("Training report: 9 epochs on") && page.contains("<h2>Final figures</h2>"))
        for words in ["kept", "at most", "stopped early"] { #expect(!page.contains(words)) }
    }

    /// A completed run's last point lies at the right edge; one that goes on has its way before it.
    @Test func axesEndWhereTheRunEnds() {
        let edge = "cx=\"548.0\""
        #expect(page(epochs: 5).contains(edge) && page(epochs: 5, kept: 2).contains(edge))
        #expect(!page(epochs: 5, outcome: .interrupted(resumeCommand: "")).contains(edge))
    }

    @Test func aLossWithoutAPriorHasNoSecondTerm() {
        var wording = ReportWording()
        wording.model = .autoencoder
        var page = page(epochs: 3, wording: wording)
        #expect(page.contains("Test reconstruction error") && page.contains("there is no KL divergence"))
        for words in ["ELBO", "<h2>Reconstruction</h2>", "<h2>KL", "Active units", ">KL<"] {
            #expect(!page.contains(words))
        }
        wording.model = .classifier(classes: 10)
        page = self.page(epochs: 3, wording: wording)
        #expect(page.contains("Test cross-entropy") && !page.contains("ELBO") && !page.contains("econstruction"))
        wording = ReportWording()
        wording.isOfUsers = true
        page = self.page(epochs: 3, wording: wording)
        #expect(page.contains("nats per user") && page.contains("users/s") && !page.contains("images/s"))
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
            name: "long", facts: [], training: TrainingRecord(), outcome: .completed, wording: ReportWording(),
            plannedEpochs: 5000,
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
