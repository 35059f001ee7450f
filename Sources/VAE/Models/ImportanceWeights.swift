internal import CTensorKernels

/// The weights w = p(x, z) / q(z|x) of several draws of z for each image, and what follows from them
/// (Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519).
public struct ImportanceWeights {
    /// How the gradient of the bound reaches the encoder; the decoder's is the same in all.
    public enum Gradient: String, Hashable, Sendable, Codable, CaseIterable {
        /// Σ w̃ ∇ ln w, as in the paper.
        case plain
        /// Without the score of q (Roeder, Wu & Duvenaud 2017, arXiv 1703.09194): less noise, slightly biased for
        /// more than one sample.
        case stl
        /// Doubly reparameterised (Tucker et al. 2019, arXiv 1810.04152): unbiased, and does not fade with samples.
        case dreg

        var kernel: tk_importance_gradient {
            switch self {
            case .plain: TK_IMPORTANCE_PLAIN
            case .stl: TK_STICKING_THE_LANDING
            case .dreg: TK_DOUBLY_REPARAMETERISED
            }
        }
    }

    /// Draws of z for each image.
    public let samples: Int
    /// w̃ = w / Σ w, `[rows, samples]`.
    public let normalised: FloatBuffer
    /// ln w, `[rows, samples]`.
    public private(set) var logWeights: [Double]
    /// ln (Σ w / samples) of each row: a lower bound of ln p(x).
    public private(set) var bounds: [Double]

    /// Makes room.
    public init(maximumRows: Int, samples: Int) {
        self.samples = samples
        normalised = FloatBuffer(count: maximumRows * samples)
        logWeights = Array(repeating: 0, count: maximumRows * samples)
        bounds = Array(repeating: 0, count: maximumRows)
    }

    /// Weighs the draws of the last forward pass of `vae`, given `nll` `[rows, samples]` = −ln p(x|z).
    public mutating func weigh(
        rows: Int, nll: UnsafePointer<Float>, noise: UnsafePointer<Float>, of vae: TrainableVAE
    ) {
        precondition(!vae.architecture.posterior.isDeterministic, "draws of a code that is certain have no weights")
        let latent = vae.architecture.latent
        unsafe tk_importance_log_weights(
            rows, samples, latent, nll, vae.logVariance.base, noise, vae.z.base, &logWeights)
        unsafe tk_importance_normalise(rows, samples, logWeights, normalised.base, &bounds)
    }

    /// Fills `vae.headGradient` with the gradient of −`scale` · Σ bounds, given `latentGradient`
    /// `[rows, samples, latent]` = scale · w̃ · ∂(−ln p(x|z))/∂z. `weights` are `normalised`, or an
    /// unbiased estimate of them in which some are zero.
    public func backward(
        rows: Int, _ gradient: Gradient, weights: FloatBuffer, noise: UnsafePointer<Float>, scale: Float,
        latentGradient: UnsafePointer<Float>, of vae: TrainableVAE
    ) {
        unsafe tk_importance_backward(
            vae.architecture.posterior.head, gradient.kernel, rows, samples, vae.headValues.base, vae.sigma.base, noise,
            vae.z.base, normalised.base, weights.base, scale, latentGradient, vae.headGradient.base)
    }
}
