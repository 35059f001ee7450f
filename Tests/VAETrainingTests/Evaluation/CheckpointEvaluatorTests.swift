import Glibc
import Synchronization
import Testing

@testable import VAE
@testable import VAETraining

@Suite struct CheckpointEvaluatorTests {
    @Test func agreesWithTheEvaluationOfTraining() throws {
        let fixture = try EvaluationFixture()
        let record = try #require(try fixture.evaluate()).record
        let known = try Evaluator(fixture.checkpoint.architecture, threads: 1)
            .evaluate(fixture.checkpoint.parameters, on: fixture.data.test, seed: 4)
        let test = try #require(record.test)
        #expect(abs(test.reconstruction - known.terms.reconstruction) < 1e-5)
        #expect(abs(test.kl - known.terms.kl) < 1e-5)
        for (found, expected) in zip(record.perDimensionKL ?? [], known.perDimensionKL) {
            #expect(abs(found - expected) < 1e-5)
        }
        #expect(record.images == 70 && record.trainingImages == 130)
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() throws {
        let fixture = try EvaluationFixture()
        let alone = try #require(try fixture.evaluate(threads: 1))
        for threads in [2, 5] {
            let shared = try #require(try fixture.evaluate(threads: threads))
            #expect(shared.record == alone.record)
            #expect(shared.aggregate == alone.aggregate)
        }
    }

    /// All parts are there, and fit together.
    @Test func partsFitTogether() throws {
        let result = try #require(try EvaluationFixture().evaluate())
        let (record, aggregate) = (result.record, try #require(result.aggregate))
        let (test, importance) = try (#require(record.test), #require(record.importance))
        #expect(importance.negativeLogLikelihood < test.loss && importance.samples == 20 && importance.images == 70)
        let split = try #require(record.klSplit)
        #expect(abs(split.kl - split.mutualInformation - split.marginalKL) < 1e-12)
        #expect(split.mutualInformation > 0 && split.mutualInformation <= log(130))
        let quantiles = try #require(record.quantiles)
        for values in [quantiles.loss, quantiles.reconstruction, quantiles.kl, try #require(quantiles.importance)] {
            #expect(values == values.sorted() && values.count == quantiles.ranks.count)
        }
        #expect(quantiles.loss[0] < test.loss && quantiles.loss[10] > test.loss)
        #expect(record.bitsPerDimension == nil, "grey values of a Bernoulli likelihood have no bits")
        #expect(aggregate.mixture?.components == 3 && record.mixture?.components == 3)
        let mixture = try #require(record.mixture)
        #expect(mixture.logLikelihood > mixture.gaussianLogLikelihood)
        let mean = try fixtureMean()
        for (found, expected) in zip(try #require(aggregate.meanImage), mean) {
            #expect(abs(Double(found) - expected) < 1e-6)
        }
        let variances = try #require(record.activeUnits).variances
        for dimension in 0..<3 { #expect(aggregate.covariance[4 * dimension] > variances[dimension]) }
    }

    private func fixtureMean() throws -> [Double] { try EvaluationFixture().data.train.meanPixels() }

    @Test func numberOfImagesAndPartsCanBeLimited() throws {
        let result = try #require(
            try EvaluationFixture().evaluate { settings in
                settings.images = 9
                settings.samples = nil
                settings.components = 0
            })
        #expect(result.record.images == 9 && result.record.quantiles?.images == 9)
        #expect(result.record.importance == nil && result.record.mixture == nil)
        #expect(result.aggregate?.mixture == nil && result.aggregate?.mean.count == 3)
    }

    @Test func binarisedImagesAreDrawnOnce() throws {
        let fixture = try EvaluationFixture()
        let record = try #require(try fixture.evaluate { $0.binarisationSeed = 123 }).record
        let drawn = BinarisedImages(fixture.data.test, seed: 123)
        let known = try Evaluator(fixture.checkpoint.architecture, threads: 1)
            .evaluate(fixture.checkpoint.parameters, on: drawn, seed: 4)
        #expect(abs((record.test?.loss ?? 0) - known.terms.loss) < 1e-5)
        #expect(record.binarisationSeed == 123)
        #expect(try fixture.evaluate()?.record.test != record.test)
    }

    @Test(arguments: [Likelihood.gaussian(.fixed(0.3)), .discretizedLogistic(.fixed(0.1)), .continuousBernoulli])
    func bitsPerDimension(likelihood: Likelihood) throws {
        let record = try #require(try EvaluationFixture { $0.likelihood = likelihood }.evaluate()).record
        let bits = try #require(record.bitsPerDimension)
        let isMass = likelihood == .discretizedLogistic(.fixed(0.1))
        #expect(bits.kind == (isMass ? .mass : .density))
        let offset = isMass ? 0.0 : 8
        #expect(abs(bits.bound - (try #require(record.test).loss / (16 * log(2)) + offset)) < 1e-12)
        let nll = try #require(record.importance).negativeLogLikelihood
        #expect(abs(try #require(bits.importance) - (nll / (16 * log(2)) + offset)) < 1e-12)
    }

    /// The label goes to the encoder and the decoder: exchanging labels changes the result.
    @Test func conditionalModelsSeeTheirLabels() throws {
        func conditional(_ configuration: inout ModelConfiguration) {
            configuration.classes = 3
            configuration.encoder = [.linear(inputs: 19, outputs: 7), .activation(.tanh)]
            configuration.decoder = [.linear(inputs: 6, outputs: 16)]
        }
        let fixture = try EvaluationFixture(labels: true, conditional)
        let record = try #require(try fixture.evaluate()).record
        let known = try Evaluator(fixture.checkpoint.architecture, threads: 1)
            .evaluate(fixture.checkpoint.parameters, on: fixture.data.test, seed: 4)
        #expect(abs((record.test?.loss ?? 0) - known.terms.loss) < 1e-5)
        #expect(try #require(record.importance).negativeLogLikelihood < known.terms.loss)
        #expect(throws: TrainingError.self) { try EvaluationFixture(labels: false, conditional).evaluate() }
    }

    /// An autoencoder has codes, but no distribution over them.
    @Test func autoencodersHaveNoLikelihood() throws {
        let fixture = try EvaluationFixture { configuration in
            configuration.sigma = .deterministic
            configuration.encoder = [.linear(inputs: 16, outputs: 3)]
        }
        let result = try #require(try fixture.evaluate { $0.samples = nil })
        #expect(result.record.test?.kl == 0 && result.record.klSplit == nil)
        #expect(result.aggregate?.mixture != nil)
        #expect(throws: TrainingError.self) { try fixture.evaluate() }
    }

    @Test func stopsWhenToldTo() throws {
        let fixture = try EvaluationFixture()
        var settings = EvaluationSettings(seed: 4)
        settings.samples = 20
        // The questions of a whole evaluation, and every twentieth of them as the last.
        let asked = Atomic<Int>(0)
        func evaluate(questions: Int) throws -> CheckpointEvaluator.Result? {
            asked.store(0, ordering: .relaxed)
            return try CheckpointEvaluator(fixture.checkpoint, settings: settings, threads: 1) {
                asked.wrappingAdd(1, ordering: .relaxed).newValue > questions
            }.evaluate(fixture.data)
        }
        #expect(try evaluate(questions: .max) != nil)
        let all = asked.load(ordering: .relaxed)
        for questions in stride(from: 0, to: all, by: all / 20) { #expect(try evaluate(questions: questions) == nil) }
    }

    /// Every part is either in the record or named as left out.
    @Test func keepsWhatWasCompleteWhenStopped() throws {
        let fixture = try EvaluationFixture(labels: true, factors: true)
        var settings = EvaluationSettings(seed: 4)
        settings.samples = 20
        let asked = Atomic<Int>(0)
        var first = Set<EvaluationPart>()
        var (questions, isStopped) = (0, true)
        while isStopped {
            asked.store(0, ordering: .relaxed)
            let limit = questions
            let evaluator = try CheckpointEvaluator(fixture.checkpoint, settings: settings, threads: 1) {
                asked.wrappingAdd(1, ordering: .relaxed).newValue > limit
            }
            let result = try evaluator.evaluate(fixture.data)
            let (record, leftOut) = (evaluator.record, evaluator.leftOut)
            #expect((record.test == nil) == leftOut.contains(.bound))
            #expect((record.quantiles == nil) == leftOut.contains(.bound))
            #expect((record.importance == nil) == leftOut.contains(.likelihood))
            #expect((record.activeUnits == nil) == leftOut.contains(.codes))
            #expect((record.klSplit == nil) == leftOut.contains(.klSplit))
            #expect((record.disentanglement == nil) == leftOut.contains(.disentanglement))
            #expect((record.scores == nil) == leftOut.contains(.scores))
            if leftOut.contains(.bound) { #expect(leftOut == EvaluationPart.allCases) }
            first.formUnion(leftOut.prefix(1))
            isStopped = result == nil
            questions += 1 + questions / 40
        }
        #expect(first.count >= 6, "stopped too seldom to tell: \(first)")
    }

    @Test func refusesOtherImages() throws {
        let other = try EvaluationFixture { configuration in
            configuration.input = [1, 2, 8]
        }
        let error = #expect(throws: TrainingError.self) { try other.evaluate() }
        #expect(error?.description.contains("[1, 2, 8]") == true)
    }

    @Test func refusesImpossibleSettings() throws {
        let fixture = try EvaluationFixture()
        for (change, flag): ((inout EvaluationSettings) -> Void, String) in [
            ({ $0.samples = 0 }, "--samples 0"), ({ $0.images = 0 }, "--images 0"),
            ({ $0.components = -1 }, "--mixture -1"), ({ $0.components = 1001 }, "--mixture 1001"),
        ] {
            let error = #expect(throws: TrainingError.self) { try fixture.evaluate(change) }
            #expect(error?.description.contains(flag) == true)
        }
    }

    @Test func measuresTheGapOfKnownFactors() throws {
        let fixture = try EvaluationFixture(factors: true)
        let found = try #require(try fixture.evaluate()?.record.disentanglement)
        #expect(found.factors == ["half"] && found.images == 130)
        #expect((-0.1...0.1).contains(found.mutualInformationGap), "the factor has nothing to do with the pixels")
    }
}
