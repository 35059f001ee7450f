import Testing
import VAE

@testable import VAETraining

@Suite struct MetricsLogTests {
    private let scratch = ScratchFolder()
    private var path: String { scratch.path + "/run.metrics.jsonl" }

    static func epoch(_ number: Int, kl: [Float] = [0.5, 0.001]) -> EpochResult {
        EpochResult(
            epoch: number, epochs: 9, train: .init(reconstruction: 90 / Double(number), kl: 20),
            objective: 90 / Double(number) + 20, test: .init(reconstruction: 91 / Double(number), kl: 21), seconds: 2,
            images: 100, skippedSteps: 0,
            step: UInt64(number * 10), learningRate: 1e-3, perDimensionKL: kl)
    }

    private func write(_ log: MetricsLog, epochs: ClosedRange<Int>) throws {
        for epoch in epochs {
            let step = StepResult(step: UInt64(epoch * 10 - 5), epoch: epoch, loss: 100)
            try log.append(MetricsRecord(step, time: 7))
            try log.append(MetricsRecord(Self.epoch(epoch), time: 7))
        }
    }

    private var text: String { String(decoding: scratch.read("run.metrics.jsonl"), as: UTF8.self) }

    @Test func everyLineIsAnObjectOfItsOwn() throws {
        try write(try MetricsLog(path: path), epochs: 1...2)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5 && lines[4].isEmpty)
        #expect(
            lines[1]
                == #"{"active_units":1,"beta":1,"epoch":1,"images_per_second":50,"kind":"epoch","learning_rate":0.001,"#
                + #""per_dimension_kl":[0.5,0.001],"seconds":2,"skipped_steps":0,"step":10,"test_kl":21,"test_loss":112,"#
                + #""test_reconstruction":91,"time":7,"train_kl":20,"train_loss":110,"train_reconstruction":90}"#
        )
    }

    /// A run killed anywhere, and resumed from what it had kept at the end of epoch 2 or at step 25.
    @Test(arguments: [ReportPlace(epochs: 2, step: 20), ReportPlace(epochs: 2, step: 25)])
    func aResumedLogIsTheUninterruptedOne(place: ReportPlace) throws {
        try write(try MetricsLog(path: path), epochs: 1...4)
        let whole = scratch.read("run.metrics.jsonl")
        let kept = text.split(separator: "\n").prefix(place.step == 20 ? 4 : 5).map { $0.utf8.count + 1 }.reduce(0, +)
        for end in kept...whole.count {
            _ = scratch.write(Array(whole[..<end]), to: "run.metrics.jsonl")
            let log = try MetricsLog(path: path, resumingAfter: place)
            #expect(log.epochs.map(\.epoch) == [1, 2])
            #expect(log.epochs.map(\.perDimensionKL) == [nil, [0.5, 0.001]])
            #expect(scratch.read("run.metrics.jsonl") == Array(whole[..<kept]))
        }
        let log = try MetricsLog(path: path, resumingAfter: place)
        if place.step == 20 { try log.append(MetricsRecord(StepResult(step: 25, epoch: 3, loss: 100), time: 7)) }
        try log.append(MetricsRecord(Self.epoch(3), time: 7))
        try write(log, epochs: 4...4)
        #expect(scratch.read("run.metrics.jsonl") == whole)
        #expect(log.epochs.map(\.epoch) == [1, 2, 3, 4])
    }

    @Test func aNewRunStartsAfresh() throws {
        try write(try MetricsLog(path: path), epochs: 1...4)
        try write(try MetricsLog(path: path), epochs: 1...1)
        #expect(text.split(separator: "\n").count == 2)
    }

    @Test func aLogThatIsGoneOrSpoiltBeginsWithTheNextLine() throws {
        let place = ReportPlace(epochs: 2, step: 20)
        #expect(try MetricsLog(path: path, resumingAfter: place).epochs.isEmpty)
        _ = scratch.write(Array("epoch,loss\n1,2\n".utf8), to: "run.metrics.jsonl")
        try write(try MetricsLog(path: path, resumingAfter: place), epochs: 3...3)
        #expect(text.hasPrefix("{") && text.split(separator: "\n").count == 2)
    }

    @Test func whatIsNotFiniteIsLeftOut() throws {
        var result = Self.epoch(1, kl: [.nan])
        result.train = .init(reconstruction: .infinity, kl: 1)
        result.gradientNorm = .nan
        result.scalars = ["good": 1, "bad": -.infinity]
        try MetricsLog(path: path).append(MetricsRecord(result, time: 7))
        for word in ["nan", "inf", "train_loss", "gradient_norm", "per_dimension_kl", "bad"] {
            #expect(!text.contains(word))
        }
        #expect(text.contains(#""scalars":{"good":1}"#) && text.contains(#""train_kl":1"#))
    }

    @Test func aPlaceThatCannotBeWrittenIsNamed() {
        let error = #expect(throws: TrainingError.self) { try MetricsLog(path: scratch.path + "/none/run.jsonl") }
        #expect(error?.description.contains("/none/run.jsonl: cannot write: No such file") == true)
    }
}
