import Glibc
import Synchronization
import Testing
import VAE

@testable import VAETraining

@Suite struct TrainerTests {
    @Test func theSameSettingsGiveTheSameFile() throws {
        let run = try SmallRun()
        let first = try run.bytes()
        #expect(!first.isEmpty)
        #expect(try run.bytes() == first)
        var other = run
        other.settings.seed = 6
        #expect(try other.bytes() != first)
    }

    /// After every kind of step: inside an epoch, its last one, between two epochs, and the last of all.
    @Test(arguments: [1, 4, 5, 6, 8, 16, 17])
    func aResumedRunGivesTheSameFile(question: Int) throws {
        let run = try SmallRun()
        let expected = try run.bytes()
        let outcome = try run.interrupt(at: question)
        if question < 17 {
            guard case .interrupted = outcome else {
                Issue.record("the run should have been interrupted")
                return
            }
            #expect(run.scratch.names.contains("model.resume.safetensors"))
            #expect(!run.scratch.names.contains("model.safetensors"))
            #expect(run.scratch.names.contains("model.report.html"))
            #expect(try run.resume() == expected)
        } else {
            guard case .completed = outcome else {
                Issue.record("after the last step there is nothing left to resume")
                return
            }
            #expect(run.scratch.read("model.safetensors") == expected)
        }
    }

    @Test func leavesCheckpointCardAndPictures() throws {
        let run = try SmallRun()
        let observer = QuietObserver()
        _ = try Trainer(settings: run.settings, data: run.data, observer: observer).run { false }
        #expect(
            run.scratch.names
                == [
                    "model.md", "model.metrics.jsonl", "model.reconstructions.png", "model.report.html",
                    "model.safetensors", "model.samples.png", "model.tensorboard",
                ])
        let checkpoint = try Checkpoint(path: run.settings.output)
        let record = checkpoint.training
        #expect(record.command == run.settings.command)
        #expect(record.dataset == "noise")
        #expect(record.trainingImages == 40)
        let results = observer.results.withLock { $0 }
        #expect(results.map(\.epoch) == [1, 2, 3])
        #expect(record.test == results.last?.test)
        #expect(record.train == results.last?.train)
        #expect(record.kept == nil)
        let kl = try #require(record.perDimensionKL)
        #expect(kl.count == 3)
        #expect(abs(Double(kl.reduce(0, +)) - (record.test?.kl ?? 0)) < 1e-4)
        let card = String(decoding: run.scratch.read("model.md"), as: UTF8.self)
        #expect(card.contains(run.settings.command))
        #expect(card.contains("![samples](model.samples.png)"))
        #expect(run.scratch.read("model.samples.png").starts(with: [0x89, 0x50, 0x4e, 0x47]))

        let again = try Evaluator(checkpoint.architecture, threads: 2)
            .evaluate(checkpoint.parameters, on: run.data.test, seed: run.settings.seed)
        #expect(abs(again.terms.loss - (results[2].test?.loss ?? 0)) < 1e-4)
        let alone = try Evaluator(checkpoint.architecture, threads: 1)
            .evaluate(checkpoint.parameters, on: run.data.test, seed: run.settings.seed)
        #expect(abs(alone.terms.loss - again.terms.loss) < 1e-4)
    }

    /// Noise and order belong to the images, not to the threads: only the last bits may differ.
    @Test func threadsChangeOnlyTheLastBits() throws {
        func loss(_ threads: Int) throws -> [Double] {
            let run = try SmallRun(threads: threads)
            let observer = QuietObserver()
            _ = try Trainer(settings: run.settings, data: run.data, observer: observer).run { false }
            return observer.results.withLock { $0.map(\.train.loss) }
        }
        let one = try loss(1)
        for (alone, shared) in zip(one, try loss(3)) { #expect(abs(alone - shared) < 1e-4) }
    }

    @Test func learns() throws {
        var run = try SmallRun()
        run.settings.epochs = 20
        run.settings.optimiser.learningRate = 1e-2
        let observer = QuietObserver()
        _ = try Trainer(settings: run.settings, data: run.data, observer: observer).run { false }
        let losses = observer.results.withLock { $0.map(\.train.loss) }
        #expect(losses[19] < losses[0])
    }

    @Test func resumingNeedsTheSameImagesAndAnInterruptedRun() throws {
        let run = try SmallRun()
        let error = #expect(throws: TrainingError.self) { try InterruptedRun(output: run.settings.output) }
        #expect(error?.description.contains("start a run without --resume") == true)
        _ = try run.interrupt(at: 3)
        let other = try DatasetPair(name: "other", license: nil, train: run.data.test, test: run.data.train)
        let refused = #expect(throws: TrainingError.self) {
            try Trainer(
                resuming: try InterruptedRun(output: run.settings.output), data: other, observer: QuietObserver())
        }
        #expect(refused?.description.contains("not those this run began with") == true)
    }

    @Test func aRunCanBeMovedBeforeItGoesOn() throws {
        var run = try SmallRun()
        _ = try run.interrupt(at: 8)
        let moved = run.scratch.path + "/moved"
        #expect(unsafe rename(run.settings.resumePath, moved + ".resume.safetensors") == 0)
        run.settings.output = moved + ".safetensors"
        _ = try Trainer(
            resuming: try InterruptedRun(output: run.settings.output), data: run.data, observer: QuietObserver()
        ).run { false }
        for suffix in ["md", "reconstructions.png", "safetensors", "samples.png", "report.html"] {
            #expect(run.scratch.names.contains("moved." + suffix))
        }
        #expect(!run.scratch.names.contains("moved.resume.safetensors"))
    }

    @Test func stopsWhenNothingIsFiniteAnyMore() throws {
        var run = try SmallRun()
        run.settings.batchSize = 2
        let state = try TrainingState(settings: run.settings, data: run.data)
        state.weights.parameters[0] = .nan
        let team = try ThreadTeam(count: 2)
        let workers = try Evaluator.workers(state.architecture, team: team, maximumRows: 1)
        let loop = MinibatchLoop(state, dataset: run.data.train, team: team, workers: workers)
        let before = state.weights.parameters.array(1..<state.weights.parameters.count)
        let steps = Counter()
        let error = #expect(throws: TrainingError.self) {
            _ = try loop.run(from: state.position) { _ in
                _ = steps.next()
                return false
            }
        }
        #expect(error?.description.contains("diverged") == true)
        #expect(steps.next() == 21)
        #expect(state.weights.parameters.array(1..<state.weights.parameters.count) == before)
    }

    @Test func createsTheFolderAndLeavesAnEarlierFileAlone() throws {
        var run = try SmallRun()
        let folder = run.scratch.path + "/a"
        run.settings.output = folder + "/b/model.safetensors"
        _ = try Trainer(settings: run.settings, data: run.data, observer: QuietObserver())
        #expect(DataFile.exists(folder + "/b"))
        unsafe rmdir(folder + "/b")
        unsafe rmdir(folder)
        let file = run.scratch.write([1, 2, 3], to: "plain")
        run.settings.output = file + "/model.safetensors"
        let error = #expect(throws: TrainingError.self) {
            try Trainer(settings: run.settings, data: run.data, observer: QuietObserver())
        }
        #expect(error?.description.contains("is a file; expected a folder") == true)
        #expect(ScratchFolder.read(file) == [1, 2, 3])
    }
}
