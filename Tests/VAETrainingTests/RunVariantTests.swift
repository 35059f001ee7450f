import Synchronization
import Testing
import VAE

@testable import VAETraining

/// What a run can be told besides the plain ELBO: resumed it ends in the same file, and it does what it says.
@Suite struct RunVariantTests {
    /// A change of `SmallRun`'s settings, by name.
    static let variants: [(name: String, change: @Sendable (inout TrainingSettings) -> Void)] = [
        (
            "importance-weighted",
            {
                $0.objective.kind = .iwae
                $0.objective.samples = 3
                $0.objective.gradient = .dreg
                $0.objective.importanceCutoff = 0.3
                $0.objective.binarises = true
            }
        ),
        (
            "average, cosine and clipping",
            {
                $0.optimiser.averageDecay = 0.9
                $0.optimiser.schedule = .cosine
                $0.optimiser.clipNorm = 0.1
                $0.keepEvery = 2
            }
        ),
        ("encoder steps", { $0.objective.encoderSteps = 3 }),
        (
            "denoising, a layer at a time",
            {
                $0.objective.kind = .autoencoder
                $0.objective.corruption = .masking(0.3)
                $0.activation = .sigmoid
                $0.layerwiseEpochs = 2
            }
        ),
        (
            "optimal scale",
            {
                $0.likelihood = .gaussian(.learned)
                $0.objective.takesOptimalScale = true
            }
        ),
    ]

    @Test(arguments: variants.indices, [2, 4, 7, 11])
    func aResumedRunGivesTheSameFile(variant: Int, question: Int) throws {
        var run = try SmallRun()
        Self.variants[variant].change(&run.settings)
        let expected = try run.bytes()
        #expect(!expected.isEmpty)
        guard case .interrupted = try run.interrupt(at: question) else {
            Issue.record("\(Self.variants[variant].name): the run should have been interrupted")
            return
        }
        #expect(try run.resume() == expected, "\(Self.variants[variant].name)")
    }

    /// Interrupted in the second epoch of the second layer, the run goes on there.
    @Test func aLayerIsNotBegunAnew() throws {
        var run = try SmallRun()
        run.settings.objective.kind = .autoencoder
        run.settings.layerwiseEpochs = 2
        run.settings.keepEvery = 2
        let expected = try run.bytes()
        let questions = Counter()
        let before = QuietObserver()
        // Ten steps and two ends of epochs a layer.
        _ = try Trainer(settings: run.settings, data: run.data, observer: before).run { questions.next() >= 20 }
        #expect(before.notes.withLock { $0.contains { $0.hasPrefix("stopped in layer 2") } })
        #expect(run.scratch.names.contains("model.layer2.resume.safetensors"))
        let after = QuietObserver()
        _ = try Trainer(resuming: InterruptedRun(output: run.settings.output), data: run.data, observer: after)
            .run { false }
        #expect(run.scratch.read("model.safetensors") == expected)
        #expect(!run.scratch.names.contains { $0.contains("layer") }, "\(run.scratch.names)")
        let epochs = [before, after].map { observer in
            observer.notes.withLock { $0.filter { $0.contains("layer 2/2") && $0.contains(" epoch ") } }
                .map { $0.contains("epoch 1/2") ? 1 : 2 }
        }
        #expect(epochs == [[1], [2]], "\(epochs)")
    }

    /// What an interrupted run has learned can be looked at, and begun from with other settings.
    @Test func theFileOfAnInterruptedRunCanBeReadAndBegunFrom() throws {
        var run = try SmallRun()
        guard case .interrupted = try run.interrupt(at: 8) else {
            Issue.record("the run should have been interrupted")
            return
        }
        let path = run.scratch.path + "/model.resume.safetensors"
        let file = try CheckpointFile(path: path)
        #expect(file.interruption?.contains("1 of 3 epochs are done, 7 steps") == true, "\(file.interruption ?? "")")
        #expect(file.interruption?.hasSuffix("--resume --out \(run.settings.output)") == true)
        let refused = #expect(throws: TrainingError.self) { try file.checkWritable() }
        #expect(refused?.description.contains("a run that is not over") == true)
        run.settings.startFrom = path
        let state = try TrainingState(settings: run.settings, data: run.data)
        #expect(state.weights.parameters.array() == file.checkpoint.parameters.array())
        _ = try run.resume()
        run.settings.startFrom = nil
        #expect(!(try run.bytes()).isEmpty)
    }

    @Test func encoderStepsLeaveTheDecoderAlone() throws {
        var run = try SmallRun()
        run.settings.objective.encoderSteps = 3
        let state = try TrainingState(settings: run.settings, data: run.data)
        let before = state.weights.parameters.array()
        let team = try ThreadTeam(count: 2)
        let workers = try Evaluator.workers(state.architecture, team: team, maximumRows: 5)
        let loop = MinibatchLoop(
            state, dataset: run.data.train, team: team, processes: .alone, workers: workers)
        let steps = Counter()
        _ = try loop.run(from: state.position) { _ in steps.next() == 2 }
        let decoder = state.architecture.decoderParameters
        let after = state.weights.parameters.array()
        #expect(Array(after[decoder]) == Array(before[decoder]))
        #expect(after[..<decoder.lowerBound] != before[..<decoder.lowerBound])
        var third = state.position
        third.step = 2
        _ = try loop.run(from: third) { _ in true }
        #expect(state.weights.parameters.array(decoder) != Array(before[decoder]))
    }

    /// What comes out of it are classes: there are no images to show.
    @Test func aClassifierLeavesNoPictures() throws {
        var run = try SmallRun()
        func labelled(_ dataset: any Dataset) throws -> ImageDataset {
            let pixels = [UInt8](repeating: 9, count: dataset.count * 36)
            return ImageDataset(
                shape: dataset.shape, pixels: pixels, labels: (0..<dataset.count).map { UInt8($0 % 3) })
        }
        let data = try DatasetPair(
            name: "noise", license: nil, train: labelled(run.data.train), test: labelled(run.data.test))
        run.settings.objective.kind = .classifier
        let trainer = try Trainer(settings: run.settings, data: data, observer: QuietObserver())
        #expect(trainer.summary.contains("classifier 36-8-3 relu, 3 classes,"))
        _ = try trainer.run { false }
        #expect(
            run.scratch.names
                == ["model.md", "model.metrics.jsonl", "model.report.html", "model.safetensors", "model.tensorboard"])
        let page = String(decoding: run.scratch.read("model.report.html"), as: UTF8.self)
        #expect(page.contains("<span>Error rate</span>") && page.contains("Test cross-entropy"))
        for words in ["ELBO", "<img", "KL"] { #expect(!page.contains(words), "\(words)") }
        #expect(String(decoding: run.scratch.read("model.md"), as: UTF8.self).contains("A classifier trained on noise"))
    }

    @Test func stopsEarlyAndKeepsTheBestWeights() throws {
        var run = try SmallRun()
        let data = try DatasetPair(
            name: "noise", license: nil, train: run.data.train, test: run.data.test, validation: run.data.test)
        run.settings.epochs = 200
        run.settings.patience = 2
        run.settings.optimiser.learningRate = 3e-2
        let observer = QuietObserver()
        _ = try Trainer(settings: run.settings, data: data, observer: observer).run { false }
        let losses = observer.results.withLock { $0.compactMap(\.test?.loss) }
        #expect(losses.count < 200)
        let record = try Checkpoint(path: run.settings.output).training
        // The validation images are the test images here, so the best of all is what was written.
        let best = try #require(losses.min())
        #expect(abs((record.test?.loss ?? 0) - best) < 1e-9)
        #expect(record.epochs == losses.count)
        let kept = try #require(record.kept)
        let results = observer.results.withLock { $0 }
        #expect(kept.epoch == losses.firstIndex(of: best).map { $0 + 1 } && kept.epoch == losses.count - 2)
        #expect(kept.measure == "validation_loss" && kept.examples == 10 && abs((kept.value ?? 0) - best) < 1e-9)
        #expect(record.train == results[kept.epoch - 1].train)
        #expect(record.perDimensionKL == results[kept.epoch - 1].perDimensionKL)
        let page = String(decoding: run.scratch.read("model.report.html"), as: UTF8.self)
        #expect(page.contains("\(losses.count) of at most 200 epochs") && page.contains("after epoch \(kept.epoch),"))
        #expect(page.contains("<strong>\(FixedPoint.string(best, decimals: 2))</strong>"))
        let card = String(decoding: run.scratch.read("model.md"), as: UTF8.self)
        #expect(card.contains("| Weights kept | of epoch \(kept.epoch), with the best −ELBO"))
        let trained = ReportWording().describe(results[kept.epoch - 1].train)
        #expect(card.contains("| −ELBO, training, epoch \(kept.epoch) | \(trained) "))
        let refused = #expect(throws: TrainingError.self) {
            _ = try Trainer(settings: run.settings, data: run.data, observer: QuietObserver()).run { false }
        }
        #expect(refused?.description.contains("--early-stopping 2: there are no validation examples") == true)
        run.settings.patience = 0
        run.settings.selection = .best
        let second = #expect(throws: TrainingError.self) {
            _ = try Trainer(settings: run.settings, data: run.data, observer: QuietObserver()).run { false }
        }
        #expect(second?.description.contains("--select best: there are no validation examples") == true)
    }

    /// A gradient that is not finite leaves weights and moments as they were, all of them.
    @Test func aStepThatIsNotFiniteIsLeftOut() throws {
        var run = try SmallRun()
        run.settings.batchSize = 40
        let state = try TrainingState(settings: run.settings, data: run.data)
        // Finite weights whose product is not.
        for index in 0..<4 { state.weights.parameters[index] = 3e38 }
        let before = state.weights.parameters.array()
        let team = try ThreadTeam(count: 2)
        let workers = try Evaluator.workers(state.architecture, team: team, maximumRows: 20)
        let loop = MinibatchLoop(
            state, dataset: run.data.train, team: team, processes: .alone, workers: workers)
        let position = try loop.run(from: state.position) { _ in false }
        #expect(position.skippedSteps == 1)
        #expect(position.step == 0)
        #expect(state.weights.parameters.array() == before)
        #expect(state.weights.firstMoment.array().allSatisfy { $0 == 0 })
    }

    @Test func stepSizesFollowTheirSchedule() {
        var optimiser = OptimiserSettings()
        optimiser.learningRate = 1
        func rates(_ schedule: OptimiserSettings.Schedule, _ epochs: [Double]) -> [Double] {
            optimiser.schedule = schedule
            return epochs.map { (optimiser.learningRate(after: $0, of: 3280) * 1e4).rounded() / 1e4 }
        }
        #expect(rates(.constant, [0, 3000]) == [1, 1])
        #expect(rates(.linear, [0, 820, 3280]) == [1, 0.75, 0])
        #expect(rates(.cosine, [0, 1640, 3280]) == [1, 0.5, 0])
        // The published stages of 1, 3, 9, … epochs.
        #expect(
            rates(.stages, [0.5, 2, 6, 20, 60, 200, 600, 2000, 3279])
                == [1, 0.72, 0.52, 0.37, 0.27, 0.19, 0.14, 0.1, 0.1])
        optimiser.warmUp = 4
        #expect(rates(.constant, [0, 1, 4, 5]) == [0, 0.25, 1, 1])
    }
}
