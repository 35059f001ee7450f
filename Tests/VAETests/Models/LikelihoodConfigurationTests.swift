import Testing

@testable import VAE

/// How a checkpoint says which likelihood it has, and where the scale comes from.
@Suite struct LikelihoodConfigurationTests {
    @Test(arguments: [
        (Likelihood.bernoulli, #""bernoulli""#), (.continuousBernoulli, #""continuous_bernoulli""#),
        (.multinomial, #""multinomial""#), (.gaussian(.fixed(0.1)), #"{"scale":0.1,"type":"gaussian"}"#),
        (.gaussian(.learned), #"{"scale":"learned","type":"gaussian"}"#),
        (.discretizedLogistic(.fixed(2)), #"{"scale":2,"type":"discretized_logistic"}"#),
        (.discretizedLogistic(.learned), #"{"scale":"learned","type":"discretized_logistic"}"#),
    ])
    func isWrittenAsItIsRead(likelihood: Likelihood, json: String) throws {
        #expect(try CanonicalJSON.string(likelihood) == json)
        #expect(try CanonicalJSON.decode(Likelihood.self, from: json) == likelihood)
    }

    @Test func aNameMayAlsoStandInAnObject() throws {
        #expect(try CanonicalJSON.decode(Likelihood.self, from: #"{"type":"bernoulli"}"#) == .bernoulli)
    }

    private static func architecture(_ likelihood: Likelihood) throws -> VAEArchitecture {
        var configuration = ModelConfiguration.dense(input: [1, 2, 2], hidden: [3], latent: 2)
        configuration.likelihood = likelihood
        return try VAEArchitecture(configuration)
    }

    @Test func learnedScaleIsTheLastParameter() throws {
        let (plain, learned) = (try Self.architecture(.bernoulli), try Self.architecture(.gaussian(.learned)))
        #expect(plain.logScaleOffset == nil)
        #expect(learned.logScaleOffset == plain.layout.count)
        #expect(learned.layout.entries.dropLast() == plain.layout.entries[...])
        let entry = try #require(learned.layout.entries.last)
        #expect(entry.name == "likelihood.log_scale" && entry.shape == [1])
    }

    @Test func logScaleIsThatOfTheParametersOrOfTheConfiguration() throws {
        let parameters = FloatBuffer.noise(100, seed: 1)
        for (likelihood, expected) in [
            (Likelihood.bernoulli, Float(0)), (.multinomial, 0), (.gaussian(.fixed(0.5)), -0.6931472),
            (.discretizedLogistic(.fixed(1000)), 6.9077554),
        ] {
            let architecture = try Self.architecture(likelihood)
            #expect(unsafe architecture.logScale(in: parameters.base) == expected)
        }
        let learned = try Self.architecture(.discretizedLogistic(.learned))
        let offset = try #require(learned.logScaleOffset)
        #expect(unsafe learned.logScale(in: parameters.base) == parameters[offset])
    }

    @Test func learnedScaleSurvivesItsFileAndIsServed() throws {
        let architecture = try Self.architecture(.gaussian(.learned))
        let parameters = FloatBuffer.noise(architecture.layout.count, seed: 1)
        let directory = try ScratchDirectory()
        let path = directory.file("learned.safetensors")
        try Checkpoint(
            architecture: architecture, parameters: parameters, training: TrainingRecord(), license: nil
        ).write(to: path)
        let again = try Checkpoint(path: path)
        #expect(again.architecture.configuration == architecture.configuration)
        #expect(again.parameters.hasSameBits(as: parameters, count: parameters.count))
        let model = try VAEModel(again.architecture, parameters: again.parameters)
        #expect(model.logScale == parameters[parameters.count - 1])
    }

    /// Half and twice as wide are both worse for pixels that are spread by a quarter of full scale about their mean.
    @Test(arguments: [Likelihood.gaussian(.learned), .discretizedLogistic(.learned)])
    func initialScaleFitsOrdinaryPictures(likelihood: Likelihood) {
        let decoded = FloatBuffer([Float](repeating: 0.5, count: 4096))
        let x = FloatBuffer.noise(4096, seed: 1, scale: 0.25)
        for index in 0..<x.count { x[index] += 0.5 }
        let nll = [-0.7, 0, 0.7].map { offset in
            let nll = FloatBuffer(count: 1)
            unsafe likelihood.negativeLogLikelihood(
                rows: 1, width: 4096, decoded: decoded.base, x: x.base,
                logScale: likelihood.initialLogScale + Float(offset), into: nll.base)
            return nll[0]
        }
        #expect(nll[1] < nll[0] && nll[1] < nll[2])
    }
}
