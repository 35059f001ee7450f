internal import CTensorKernels

/// q(z|x) = N(μ, diag σ²), from the numbers of the encoder's two heads (Kingma & Welling 2014).
public struct Posterior: Sendable {
    /// Number of latent dimensions.
    public let latent: Int
    let head: tk_posterior_head

    init(_ configuration: ModelConfiguration) {
        latent = configuration.latent
        let kind = configuration.sigma == .logVariance ? TK_LOG_VARIANCE : TK_LOG_SIGMA
        head = tk_posterior_head(
            latent: configuration.latent, sigma: kind, minimum_log_variance: configuration.logVarianceClamp[0],
            maximum_log_variance: configuration.logVarianceClamp[1])
    }

    /// Splits `head` `[rows, 2·latent]` into μ, ln σ² (clamped) and σ, each `[rows, latent]`.
    public func forward(
        rows: Int, head values: UnsafePointer<Float>, mu: UnsafeMutablePointer<Float>,
        logVariance: UnsafeMutablePointer<Float>, sigma: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_posterior_forward(head, rows, values, mu, logVariance, sigma)
    }

    /// Gradient with respect to the head's numbers, of a loss with gradient `latentGradient` at z = μ + σ·noise, plus
    /// `klScales[j]` times the KL divergence of dimension j to the prior.
    public func backward(
        rows: Int, head values: UnsafePointer<Float>, sigma: UnsafePointer<Float>, noise: UnsafePointer<Float>,
        latentGradient: UnsafePointer<Float>, klScales: UnsafePointer<Float>,
        into headGradient: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_posterior_backward(head, rows, values, sigma, noise, latentGradient, klScales, headGradient)
    }

    /// KL(q‖N(0, 1)) of each of `count` dimensions, in nats: ½(μ² + σ² − 1 − ln σ²), without cancellation near zero.
    public static func klDivergence(
        count: Int, mu: UnsafePointer<Float>, logVariance: UnsafePointer<Float>, into kl: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_posterior_kl(count, mu, logVariance, kl)
    }

    /// z = μ + temperature·σ·noise: the reparameterised draw, `count` numbers.
    public static func sample(
        count: Int, mu: UnsafePointer<Float>, sigma: UnsafePointer<Float>, noise: UnsafePointer<Float>,
        temperature: Float = 1, into z: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_posterior_sample(count, mu, sigma, noise, temperature, z)
    }
}
