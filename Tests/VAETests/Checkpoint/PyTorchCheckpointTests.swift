import Testing

@testable import VAE

/// Trained with PyTorch, served here: files and numbers made by `Fixtures/make_fixtures.py`.
@Suite struct PyTorchCheckpointTests {
    private static let names = [
        "pytorch_log_variance", "pytorch_log_sigma", "pytorch_convolutions", "pytorch_continuous_bernoulli",
        "pytorch_gaussian", "pytorch_discretized_logistic", "pytorch_multinomial", "pytorch_autoencoder",
        "pytorch_conditional",
    ]

    /// Each of `rows` with the label behind it, if the model is conditional.
    private func labelled(_ rows: FloatBuffer, width: Int, by label: FloatBuffer?) -> FloatBuffer {
        guard let label else { return rows }
        let count = rows.count / width
        let classes = label.count / count
        var values: [Float] = []
        for row in 0..<count {
            values += rows.array(row * width..<(row + 1) * width)
            values += label.array(row * classes..<(row + 1) * classes)
        }
        return FloatBuffer(values)
    }

    /// A tensor of the reference beside a checkpoint.
    private func tensor(_ name: String, _ shape: Shape, of file: SafetensorsFile) throws -> FloatBuffer {
        let buffer = FloatBuffer(count: shape.elementCount)
        try unsafe file.copyFloats(name, shape: shape, to: buffer.base)
        return buffer
    }

    @Test(arguments: names) func everyStepAgreesWithPyTorch(name: String) throws {
        KernelThread.begin()
        let checkpoint = try Checkpoint(path: CommittedFile.path("\(name).safetensors"))
        let reference = try SafetensorsFile(path: CommittedFile.path("\(name)_reference.safetensors"))
        let (architecture, rows) = (checkpoint.architecture, 5)
        let (latent, width) = (architecture.latent, architecture.inputCount)
        func expected(_ name: String, _ columns: Int) throws -> FloatBuffer {
            try tensor(name, [rows, columns], of: reference)
        }
        let session = try VAESession(VAEModel(architecture, parameters: checkpoint.parameters))
        let x = try expected("x", width)
        let noise = try expected("noise", latent)
        let label = try architecture.configuration.classes.map { try expected("label", $0) }
        let input = labelled(x, width: width, by: label)
        #expect(input.count == rows * architecture.encoderInputCount)

        let (mu, logVariance) = (FloatBuffer(count: rows * latent), FloatBuffer(count: rows * latent))
        let (sigma, z) = (FloatBuffer(count: rows * latent), FloatBuffer(count: rows * latent))
        let kl = FloatBuffer(count: rows * latent)
        try unsafe session.encode(
            rows: rows, x: input.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        unsafe Posterior.sample(
            count: rows * latent, mu: mu.base, sigma: sigma.base, noise: noise.base, into: z.base)
        unsafe architecture.posterior.klDivergence(
            rows: rows, mu: mu.base, logVariance: logVariance.base, into: kl.base)
        for (name, found) in [("mu", mu), ("log_variance", logVariance), ("sigma", sigma), ("z", z), ("kl", kl)] {
            #expect(largestDifference(found.array(), try expected(name, latent).array()) <= 1e-5, "\(name)")
        }

        let (logits, mean, nll) = (
            FloatBuffer(count: rows * width), FloatBuffer(count: rows * width), FloatBuffer(count: rows)
        )
        let codes = labelled(z, width: latent, by: label)
        try unsafe session.decode(rows: rows, z: codes.base, into: logits.base)
        unsafe architecture.likelihood.mean(count: rows * width, width: width, decoded: logits.base, into: mean.base)
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: rows, width: width, decoded: logits.base, x: x.base,
            logScale: architecture.logScale(in: checkpoint.parameters.base), into: nll.base)
        #expect(largestDifference(logits.array(), try expected("logits", width).array()) <= 1e-5)
        #expect(largestDifference(mean.array(), try expected("mean", width).array()) <= 1e-5)
        let reconstruction = try tensor("reconstruction", [rows], of: reference)
        #expect(largestDifference(nll.array(), reconstruction.array()) <= 1e-5)
    }

    @Test func metadataIsUnderstood() throws {
        let checkpoint = try Checkpoint(path: CommittedFile.path("pytorch_log_sigma.safetensors"))
        let configuration = checkpoint.architecture.configuration
        #expect(configuration.sigma == .logSigma)
        #expect(configuration.logVarianceClamp == [-1.9, 1.8])
        #expect(configuration.encoder.last == .activation(.leakyReLU(slope: 0.2)))
        #expect(configuration.decoder.count == 5)
        #expect(checkpoint.training.dataset == "noise")
        #expect(checkpoint.training.seed == 2)
        #expect(checkpoint.license == "Apache-2.0")
    }

    /// Written again by us, nothing is lost, and what PyTorch wrote in another order gets ours.
    @Test(arguments: names) func survivesBeingWrittenByUs(name: String) throws {
        let original = try Checkpoint(path: CommittedFile.path("\(name).safetensors"))
        let directory = try ScratchDirectory()
        try original.write(to: directory.file("again.safetensors"))
        let again = try Checkpoint(path: directory.file("again.safetensors"))
        #expect(again.architecture.configuration == original.architecture.configuration)
        #expect(again.parameters.hasSameBits(as: original.parameters, count: original.parameters.count))
        #expect(again.training == original.training)
        #expect(again.license == original.license)
    }
}
