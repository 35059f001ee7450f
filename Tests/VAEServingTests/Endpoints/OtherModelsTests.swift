import Testing
import VAE

@testable import VAEServing

/// Models that are not the usual VAE of logits: other likelihoods, and autoencoders without heads.
@Suite struct OtherModelsTests {
    private static let names = ["learned", "levels", "grey", "autoencoder"]

    private static func configuration(_ name: String) -> ModelConfiguration {
        var configuration = TestModel.configuration
        switch name {
        case "learned": configuration.likelihood = .gaussian(.learned)
        case "levels": configuration.likelihood = .discretizedLogistic(.fixed(0.05))
        case "grey": configuration.likelihood = .continuousBernoulli
        default:
            configuration.encoder = [
                .flatten, .linear(inputs: TestModel.pixels, outputs: TestModel.latent), .activation(.tanh),
            ]
            configuration.likelihood = .gaussian(.fixed(0.5))
            configuration.sigma = .deterministic
        }
        return configuration
    }

    private let server: TestServer

    init() throws {
        server = try TestServer { directory in
            for name in Self.names {
                try TestModel.write(to: directory.file("\(name).safetensors"), Self.configuration(name))
            }
        }
    }

    private static func images(_ path: String) -> WireRequest {
        let rows = ["0.25", "1"].map { "[\(repeatElement($0, count: TestModel.pixels).joined(separator: ","))]" }
        return .post(path, json: "{\"images\":[\(rows.joined(separator: ","))]}")
    }

    /// The cost in the reply is that of the checkpoint's own likelihood and scale, and the picture its mean.
    @Test(arguments: names) func reconstructionIsOfTheModelsOwnLikelihood(name: String) throws {
        let reply = try server.json(Self.images("/v1/models/\(name)/reconstruct"), as: Imaged.self)
        let checkpoint = try Checkpoint(path: server.directory.file("\(name).safetensors"))
        let (architecture, width) = (checkpoint.architecture, TestModel.pixels)
        let session = try VAESession(VAEModel(architecture, parameters: checkpoint.parameters))
        let z = FloatBuffer(Array(try #require(reply.mu).joined()))
        let x = FloatBuffer([Float](repeating: 0.25, count: width) + [Float](repeating: 1, count: width))
        let (decoded, nll) = (FloatBuffer(count: 2 * width), FloatBuffer(count: 2))
        try unsafe session.decode(rows: 2, z: z.base, into: decoded.base)
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: 2, width: width, decoded: decoded.base, x: x.base,
            logScale: architecture.logScale(in: checkpoint.parameters.base), into: nll.base)
        unsafe architecture.likelihood.mean(
            count: 2 * width, width: width, decoded: decoded.base, into: decoded.base)
        #expect(reply.reconstruction == nll.array())
        #expect(Array(reply.images.joined().joined().joined()) == decoded.array())
        #expect(decoded.array().contains { $0 > 0 && $0 < 1 })
    }

    @Test func autoencoderHasNoDeviationAndNoDivergence() throws {
        let zeros = [[Float]](repeating: [Float](repeating: 0, count: TestModel.latent), count: 2)
        let reply = try server.json(Self.images("/v1/models/autoencoder/reconstruct"), as: Imaged.self)
        #expect(reply.sigma == zeros && reply.kl == [0, 0])
        let encoded = try server.json(Self.images("/v1/models/autoencoder/encode"), as: Encoded.self)
        #expect(encoded.mu == reply.mu && encoded.sigma == zeros)
        #expect(encoded.mu.joined().allSatisfy { $0 != 0 && abs($0) < 1 }, "the code is behind a tanh")
    }

    @Test(arguments: names, ["sample?n=4&seed=1", "interpolate?from_seed=1&to_seed=2"])
    func everythingElseWorksToo(name: String, operation: String) throws {
        let reply = try server.json(.get("/v1/models/\(name)/\(operation)"), as: Imaged.self)
        #expect(reply.images.joined().joined().joined().allSatisfy { (0...1).contains($0) })
    }

    /// The name alone; the scale is in `config`.
    @Test func cardNamesTheLikelihood() throws {
        struct Card: Decodable {
            struct Config: Decodable {
                let likelihood: Likelihood
                let sigma: String
            }
            let likelihood: String
            let config: Config
        }
        let card = try server.json(.get("/v1/models/learned"), as: Card.self)
        #expect(card.likelihood == "gaussian" && card.config.likelihood == .gaussian(.learned))
        #expect(try server.json(.get("/v1/models/autoencoder"), as: Card.self).config.sigma == "none")
    }
}
