internal import CTensorKernels

/// q(z|x) = N(μ, diag σ²), from the numbers of the encoder's two heads (Kingma & Welling 2014).
///
/// Without heads, the encoder's output is the code μ, and σ = 0. Then ln σ², which would be −∞, is stated as −80, the
/// lowest that a head can give, so that nothing computed from it is infinite; and the KL divergence, which would be
/// infinite too, counts as 0: there is no such term in an autoencoder's loss.
public struct Posterior: Sendable {
    /// Number of latent dimensions.
    public let latent: Int
    /// Whether there is no σ: z is what the encoder gives.
    public let isDeterministic: Bool
    let head: tk_posterior_head

    /// ln σ² where σ = 0.
    static let deterministicLogVariance: Float = -80
    /// Numbers per row that `forward` takes: μ and what σ is made of, or μ alone.
    var headWidth: Int { isDeterministic ? latent : 2 * latent }

    init(_ configuration: ModelConfiguration) {
        latent = configuration.latent
        isDeterministic = configuration.sigma == .deterministic
        let kind = configuration.sigma == .logVariance ? TK_LOG_VARIANCE : TK_LOG_SIGMA
        head = tk_posterior_head(
            latent: configuration.latent, sigma: kind, minimum_log_variance: configuration.logVarianceClamp[0],
            maximum_log_variance: configuration.logVarianceClamp[1])
    }

    /// Splits `head` `[rows, 2·latent]` into μ, ln σ² (clamped) and σ, each `[rows, latent]`. Without heads, `head` is
    /// the code `[rows, latent]`.
    public func forward(
        rows: Int, head values: UnsafePointer<Float>, mu: UnsafeMutablePointer<Float>,
        logVariance: UnsafeMutablePointer<Float>, sigma: UnsafeMutablePointer<Float>
    ) {
        guard !isDeterministic else {
            let count = rows * latent
            unsafe mu.update(from: values, count: count)
            unsafe logVariance.update(repeating: Self.deterministicLogVariance, count: count)
            return unsafe sigma.update(repeating: 0, count: count)
        }
        unsafe tk_posterior_forward(head, rows, values, mu, logVariance, sigma)
    }

    /// Gradient with respect to the head's numbers, of a loss with gradient `latentGradient` at z = μ + σ·noise, plus
    /// `klScales[j]` times the KL divergence of dimension j to the prior.
    public func backward(
        rows: Int, head values: UnsafePointer<Float>, sigma: UnsafePointer<Float>, noise: UnsafePointer<Float>,
        latentGradient: UnsafePointer<Float>, klScales: UnsafePointer<Float>,
        into headGradient: UnsafeMutablePointer<Float>
    ) {
        guard !isDeterministic else {
            return unsafe headGradient.update(from: latentGradient, count: rows * latent)
        }
        unsafe tk_posterior_backward(head, rows, values, sigma, noise, latentGradient, klScales, headGradient)
    }

    /// KL(q‖N(0, 1)) of each latent dimension of `rows` rows, in nats; 0 without heads.
    public func klDivergence(
        rows: Int, mu: UnsafePointer<Float>, logVariance: UnsafePointer<Float>, into kl: UnsafeMutablePointer<Float>
    ) {
        guard !isDeterministic else { return unsafe kl.update(repeating: 0, count: rows * latent) }
        unsafe Self.klDivergence(count: rows * latent, mu: mu, logVariance: logVariance, into: kl)
    }

    /// KL(q‖N(0, 1)) of each of `count` dimensions of a normal q, in nats: ½(μ² + σ² − 1 − ln σ²), without cancellation
    /// near zero.
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
