import Synchronization
import Testing
import VAE

@testable import VAETraining

@Suite struct RunReportsTests {
    @Test func everyObserverHearsEverything() {
        let (first, second) = (QuietObserver(), QuietObserver())
        let both = CompositeObserver([first, second])
        both.began("", wording: ReportWording())
        both.learned(images: 1, of: 2, epoch: 1)
        both.stepped(StepResult(step: 1, epoch: 1, loss: 1))
        both.finished(MetricsLogTests.epoch(1))
        both.note("a note")
        for observer in [first, second] {
            #expect(observer.notes.withLock { $0 } == ["a note"])
            #expect(observer.results.withLock { $0.map(\.epoch) } == [1])
        }
    }

    @Test func aFolderThatCannotBeWrittenIsOneWarningAReport() throws {
        let observer = QuietObserver()
        let reports = RunReports(
            output: "/proc/none/model.safetensors", epochs: 9, resumingAfter: nil, observer: observer)
        for epoch in 1...3 { reports.finished(MetricsLogTests.epoch(epoch)) }
        let notes = observer.notes.withLock { $0 }
        #expect(notes.count == 2)
        for (note, file) in zip(notes, ["model.metrics.jsonl", "model.tensorboard"]) {
            #expect(note.hasPrefix("warning: /proc/none/\(file): cannot") && note.contains("training goes on"))
        }
    }

    @Test func picturesAreTakenOftenEnoughAndNotTooOften() {
        for epochs in [1, 10, 50, 51, 280, 1000] {
            let reports = RunReports(
                output: "model.safetensors", epochs: epochs, resumingAfter: nil, observer: QuietObserver())
            let pictured = (1...epochs).filter(reports.wantsPictures)
            #expect(pictured.last == epochs)
            #expect(pictured.count <= RunReports.picturedEpochs + 1 && pictured.count >= min(epochs, 25))
        }
    }

    /// Interrupted inside the second epoch, and after it.
    @Test(arguments: [9, 12])
    func anInterruptedRunLeavesTheMetricsOfAnUninterruptedOne(question: Int) throws {
        let run = try SmallRun()
        let timeless = { (text: [UInt8]) in
            try String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
                var record = try CanonicalJSON.decode(MetricsRecord.self, from: String(line))
                (record.time, record.seconds, record.imagesPerSecond) = (0, nil, nil)
                return record
            }
        }
        _ = try Trainer(settings: run.settings, data: run.data, observer: QuietObserver()).run { false }
        let expected = try timeless(run.scratch.read("model.metrics.jsonl"))
        #expect(expected.count == 3)
        run.scratch.clear()
        _ = try run.interrupt(at: question)
        let page = String(decoding: run.scratch.read("model.report.html"), as: UTF8.self)
        #expect(page.contains("--resume") && page.contains(question == 9 ? "1 of 3 epochs" : "2 of 3 epochs"))
        _ = run.scratch.write(run.scratch.read("model.metrics.jsonl") + Array("{\"act".utf8), to: "model.metrics.jsonl")
        let again = try InterruptedRun(output: run.settings.output)
        _ = try Trainer(resuming: again, data: run.data, observer: QuietObserver()).run { false }
        #expect(try timeless(run.scratch.read("model.metrics.jsonl")) == expected)
        #expect(run.scratch.names(in: "model.tensorboard").count == 2)
        #expect(String(decoding: run.scratch.read("model.report.html"), as: UTF8.self).contains("3 epochs on noise"))
    }
}
