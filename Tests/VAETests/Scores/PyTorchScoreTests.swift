import Testing

@testable import VAE

/// Scores against torch.distributions on the same noise: numbers made by `Fixtures/make_scores.py`.
@Suite struct PyTorchScoreTests {
    private static let names = ["pytorch_log_variance", "pytorch_log_sigma", "pytorch_gaussian"]
    private static let draws = 21
    private static let seed: UInt64 = 1 << 40 + 7
    private let rows = 5

    @Test(arguments: names) func agree(name: String) throws {
        KernelThread.begin()
        let checkpoint = try Checkpoint(path: CommittedFile.path("\(name).safetensors"))
        let x = try SafetensorsFile(path: CommittedFile.path("\(name)_reference.safetensors")).floats("x", [rows, 30])
        let file = try SafetensorsFile(path: CommittedFile.path("\(name)_scores.safetensors"))
        #expect(file.metadata["seed"] == "\(Self.seed)" && file.metadata["draws"] == "\(Self.draws)")
        let model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        let found = try Scored(model, x: x, draws: Self.draws, seed: Self.seed)
        #expect(largestDifference(found.noise, try file.floats("noise", [rows, Self.draws, 3])) < 1e-5)
        #expect(largestDifference(found.kl, try file.floats("kl", [rows, 3])) < 1e-5)
        func expect(_ tensor: String, _ values: [Double]) throws {
            let expected = try file.floats(tensor, [rows])
            #expect(largestDifference(values.map { Float($0) }, expected) < 1e-5, "\(tensor)")
        }
        try expect("reconstruction_at_mean", found.costs.map(\.reconstruction))
        try expect("elbo_at_mean", found.costs.map { -$0.loss })
        try expect("floor", found.costs.compactMap(\.floor))
        try expect("reconstruction", found.draws.map(\.reconstruction))
        try expect("bound", found.draws.map(\.weights.bound))
        try expect("effective_samples", found.draws.map(\.weights.effectiveSampleSize))
        try expect("elbo", zip(found.costs, found.draws).map { -$0.kl - $1.reconstruction })
    }

    /// Slices of draws are a matter of memory, not of numbers.
    @Test func anySliceGivesTheSameBits() throws {
        let checkpoint = try Checkpoint(path: CommittedFile.path("pytorch_log_variance.safetensors"))
        let x = try SafetensorsFile(path: CommittedFile.path("pytorch_log_variance_reference.safetensors"))
            .floats("x", [rows, 30])
        let model = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
        let whole = try Scored(model, x: x, draws: 33, seed: 3)
        for slice in [1, 2, 7, 32] {
            #expect(
                try Scored(model, x: x, draws: 33, seed: 3, slice: slice).draws == whole.draws, "\(slice) at a time")
        }
    }
}

/// Rows of x scored by hand, as the server and the evaluation do it.
private struct Scored {
    var costs: [ImageCosts] = []
    var draws: [WeighedDraws] = []
    var kl: [Float] = []
    var noise: [Float] = []

    init(_ model: VAEModel, x: [Float], draws count: Int, seed: UInt64, slice: Int = 64) throws {
        let (latent, width) = (model.architecture.latent, model.architecture.inputCount)
        let rows = x.count / width
        let session = try VAESession(model)
        let (mu, logVariance) = (FloatBuffer(count: rows * latent), FloatBuffer(count: rows * latent))
        let (sigma, divergence) = (FloatBuffer(count: rows * latent), FloatBuffer(count: rows * latent))
        let (images, decoded) = (FloatBuffer(x), FloatBuffer(count: rows * width))
        try unsafe session.encode(
            rows: rows, x: images.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        try unsafe session.decode(rows: rows, z: mu.base, into: decoded.base)
        costs = unsafe ImageScorer(model, aggregate: nil).costs(
            rows: rows, x: images.base, mu: mu.base, logVariance: logVariance.base, decoded: decoded.base,
            kl: divergence.base)
        kl = divergence.array()
        let workspace = PosteriorDraws(model, maximumRows: slice)
        for row in 0..<rows {
            let stream = RandomStream(seed: seed, domain: .importance, draw: UInt32(row))
            let result = try unsafe workspace.weigh(
                count, of: stream, x: images.base + row * width, mu: mu.base + row * latent,
                logVariance: logVariance.base + row * latent, sigma: sigma.base + row * latent
            ) { (rows, z, decoded) throws(ModelError) in
                try unsafe session.decode(rows: rows, z: z, into: decoded)
                return true
            }
            draws.append(try #require(result))
            let normals = FloatBuffer(count: count * latent)
            unsafe stream.normals(rows: count, width: latent, into: normals.base)
            noise += normals.array()
        }
    }
}
