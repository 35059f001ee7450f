import Synchronization
import Testing
import VAE

@testable import VAETraining

/// The weights of a recommender are chosen by the users of the validation.
@Suite struct WeightSelectionTests {
    private let scratch = ScratchFolder()
    private let split: InteractionSplit
    private var settings: TrainingSettings

    init() throws {
        let source = "interactions:100x200"
        split = try InteractionSource.load(source, settings: DataSettings(source: source))
        settings = .standard(data: source, output: scratch.path + "/model.safetensors", epochs: 9, kind: nil)
        settings.hidden = [16]
        settings.latent = 4
        settings.batchSize = 20
        settings.optimiser.learningRate = 3e-2
        settings.threads = 2
    }

    private func trainer(_ observer: QuietObserver = QuietObserver()) throws -> Trainer {
        try Trainer(settings: settings, data: split.datasets(), observer: observer)
    }

    @Test func keepsTheBestByNDCG() throws {
        let observer = QuietObserver()
        _ = try trainer(observer).run { false }
        let figures = observer.results.withLock { $0.compactMap { $0.scalars["validation_ndcg@100"] } }
        let best = try #require(figures.max())
        #expect(figures.count == 9 && best > figures[8], "nothing to choose: \(figures)")
        let report = try RankingReport(
            Checkpoint(path: settings.output), name: "model", on: split, validation: true, rank: 4)
        #expect(abs(report.results[0].ndcg100.mean - best) < 1e-12)
    }

    @Test func anInterruptedRunRemembersTheBest() throws {
        _ = try trainer().run { false }
        let expected = scratch.read("model.safetensors")
        // 80 users in minibatches of 20: five questions an epoch. The best may lie before the interruption or after it.
        for question in [12, 38] {
            scratch.clear()
            let questions = Counter()
            _ = try trainer().run { questions.next() >= question }
            _ = try Trainer(
                resuming: InterruptedRun(output: settings.output), data: split.datasets(), observer: QuietObserver()
            ).run { false }
            #expect(scratch.read("model.safetensors") == expected)
        }
    }

    /// The sum over users is taken in their order.
    @Test func threadsDoNotChangeTheFigure() throws {
        let architecture = try VAEArchitecture(settings.configuration(for: split.train))
        let parameters = FloatBuffer(count: architecture.layout.count)
        settings.initialWeights.fill(
            parameters, architecture: architecture, seed: 3, meanPixels: split.train.meanPixels())
        let model = try VAEModel(architecture, parameters: parameters)
        let figures = try [1, 2, 3].map {
            try split.validation.ndcg100(of: model, team: ThreadTeam(count: $0), processes: .alone)
        }
        #expect(figures[0] > 0 && Set(figures).count == 1)
    }

    @Test func nothingIsBetterThanNaN() {
        let (loss, ndcg) = (WeightSelection.Measure.loss, WeightSelection.Measure.ndcg100)
        #expect(loss.prefers(3, to: .nan) && ndcg.prefers(0, to: .nan))
        #expect(!loss.prefers(.nan, to: 3) && !ndcg.prefers(.nan, to: 0))
        #expect(loss.prefers(2, to: 3) && ndcg.prefers(3, to: 2))
    }
}
