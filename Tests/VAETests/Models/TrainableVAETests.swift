import Testing

@testable import VAE

/// The whole ELBO: its gradient by every parameter against finite differences.
@Suite struct TrainableVAETests {
    private static func configuration(
        encoder: [LayerConfiguration], decoder: [LayerConfiguration], sigma: ModelConfiguration.SigmaHead = .logVariance
    ) -> ModelConfiguration {
        ModelConfiguration(input: [1, 2, 3], latent: 2, encoder: encoder, decoder: decoder, sigma: sigma)
    }

    private static func window(_ inputs: Int, _ outputs: Int) -> ConvolutionConfiguration {
        ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: 4, stride: 2, padding: 1)
    }

    /// Smooth activations only: a finite difference must not step over a kink.
    static let configurations: [ModelConfiguration] = [
        configuration(
            encoder: [.flatten, .linear(inputs: 6, outputs: 5), .activation(.tanh)],
            decoder: [.linear(inputs: 2, outputs: 5), .activation(.silu), .linear(inputs: 5, outputs: 6)]),
        configuration(
            encoder: [
                .linear(inputs: 6, outputs: 4), .activation(.silu), .linear(inputs: 4, outputs: 3),
                .activation(.sigmoid),
            ],
            decoder: [.linear(inputs: 2, outputs: 6)], sigma: .logSigma),
        // The last layer's output is also what its own backward pass reads.
        configuration(
            encoder: [.activation(.tanh)], decoder: [.linear(inputs: 2, outputs: 6), .activation(.tanh)],
            sigma: .logSigma),
        configuration(encoder: [], decoder: [.activation(.silu), .linear(inputs: 2, outputs: 6), .activation(.silu)]),
        ModelConfiguration(input: [1, 1, 2], latent: 2, encoder: [.flatten], decoder: []),
        // Without heads: the encoder's last activation is the code, and is read again on the way back.
        configuration(
            encoder: [.flatten, .linear(inputs: 6, outputs: 2), .activation(.tanh)],
            decoder: [.linear(inputs: 2, outputs: 6)], sigma: .deterministic),
        ModelConfiguration(
            input: [1, 4, 4], latent: 2,
            encoder: [
                .conv2d(window(1, 2)), .activation(.silu), .flatten, .linear(inputs: 8, outputs: 3), .activation(.tanh),
            ],
            decoder: [
                .linear(inputs: 2, outputs: 8), .activation(.tanh), .unflatten([2, 2, 2]),
                .convTranspose2d(window(2, 1)),
            ]),
        // The image lies channels last until the very end, and the last layer reads its own output.
        ModelConfiguration(
            input: [3, 2, 2], latent: 2, encoder: [.conv2d(window(3, 4)), .activation(.tanh)],
            decoder: [.unflatten([2, 1, 1]), .convTranspose2d(window(2, 3)), .activation(.tanh)]),
    ]

    @Test(arguments: configurations.indices) func gradientIsTheFiniteDifference(index: Int) throws {
        KernelThread.begin()
        let architecture = try VAEArchitecture(Self.configurations[index])
        let (rows, klScale) = (3, Float(0.6))
        let vae = try TrainableVAE(architecture, maximumRows: rows + 2)
        let parameters = FloatBuffer.noise(architecture.layout.count, seed: 1, scale: 0.5)
        let noise = FloatBuffer.noise(rows * architecture.latent, seed: 2)
        let width = architecture.inputCount
        let x = FloatBuffer(RandomStream(seed: 3, domain: .dataset).uniforms(row: 0, count: rows * width))
        let (nll, kl) = (FloatBuffer(count: rows), FloatBuffer(count: rows * architecture.latent))
        func forward() throws -> UnsafeMutablePointer<Float> {
            try unsafe vae.forward(rows: rows, x: x.base, noise: noise.base, parameters: parameters.base)
        }
        func loss() throws -> Double {
            let decoded = try unsafe forward()
            unsafe architecture.likelihood.negativeLogLikelihood(
                rows: rows, width: width, decoded: decoded, x: x.base, logScale: 0, into: nll.base)
            unsafe architecture.posterior.klDivergence(
                rows: rows, mu: vae.mu.base, logVariance: vae.logVariance.base, into: kl.base)
            return nll.array().reduce(0) { $0 + Double($1) }
                + Double(klScale) * kl.array().reduce(0) { $0 + Double($1) }
        }
        // As the trainer does it: the gradient takes the place of the decoder's numbers.
        let decoded = try unsafe forward()
        unsafe architecture.likelihood.negativeLogLikelihoodAndGradient(
            rows: rows, width: width, decoded: decoded, x: x.base, logScale: 0, scale: 1, into: nll.base,
            gradient: decoded,
            logScaleGradient: nil)
        let gradient = FloatBuffer.noise(parameters.count, seed: 9)
        let klScales = FloatBuffer([Float](repeating: klScale, count: architecture.latent))
        try unsafe vae.backward(
            rows: rows, x: x.base, noise: noise.base, parameters: parameters.base, decodedGradient: decoded,
            klScales: klScales.base, gradient: gradient.base)
        try FiniteDifference.expect(gradient, toBeDerivativeOf: loss, by: parameters, tolerance: 5e-4)
    }

    /// Through kinks and clamps too, the training forward pass is the serving one.
    @Test(arguments: ["pytorch_log_sigma", "pytorch_convolutions", "pytorch_autoencoder"])
    func forwardIsWhatServingComputes(name: String) throws {
        KernelThread.begin()
        let checkpoint = try Checkpoint(path: CommittedFile.path("\(name).safetensors"))
        let (architecture, rows) = (checkpoint.architecture, 5)
        let pixels = architecture.inputCount
        let vae = try TrainableVAE(architecture, maximumRows: rows)
        let x = FloatBuffer(RandomStream(seed: 3, domain: .dataset).uniforms(row: 0, count: rows * pixels))
        let noise = FloatBuffer.noise(rows * 3, seed: 2)
        let decoded = try unsafe vae.forward(
            rows: rows, x: x.base, noise: noise.base, parameters: checkpoint.parameters.base)
        let session = try VAESession(VAEModel(architecture, parameters: checkpoint.parameters))
        let (mu, logVariance, sigma) = (FloatBuffer(count: 15), FloatBuffer(count: 15), FloatBuffer(count: 15))
        let logits = FloatBuffer(count: rows * pixels)
        try unsafe session.encode(
            rows: rows, x: x.base, mu: mu.base, logVariance: logVariance.base, sigma: sigma.base)
        try unsafe session.decode(rows: rows, z: vae.z.base, into: logits.base)
        #expect(largestDifference(mu.array(), vae.mu.array()) <= 1e-5)
        #expect(largestDifference(sigma.array(), vae.sigma.array()) <= 1e-5)
        #expect(largestDifference(logVariance.array(), vae.logVariance.array()) <= 1e-5)
        let trained = unsafe Array(UnsafeBufferPointer(start: decoded, count: rows * pixels))
        #expect(largestDifference(logits.array(), trained) <= 1e-5)
    }
}
