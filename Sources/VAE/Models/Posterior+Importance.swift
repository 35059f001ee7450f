internal import CTensorKernels

extension Posterior {
    /// Samples of q(z|x) of one image, `[latent]` each of μ, ln σ² and σ: z = μ + σ·noise `[rows, latent]` and the part
    /// of their log-weights that the latent code brings, `logRatio[r]` = ln p(z) − ln q(z|x).
    public static func importanceSamples(
        rows: Int, latent: Int, mu: UnsafePointer<Float>, logVariance: UnsafePointer<Float>,
        sigma: UnsafePointer<Float>, noise: UnsafePointer<Float>, into z: UnsafeMutablePointer<Float>,
        logRatio: UnsafeMutablePointer<Double>
    ) {
        unsafe tk_importance_latents(rows, latent, mu, logVariance, sigma, noise, z, logRatio)
    }
}
