internal import VAE

/// How z follows from q(z|x): its mean, or a draw from a seed. Row i of a request is draw i of the seed.
struct PosteriorDraw {
    /// `nil`: the mean.
    let seed: UInt64?
    var temperature: Float = 1

    /// Seeds drawn here stay below 2⁵³, so that JavaScript can send them back.
    static func newSeed() -> UInt64 { UInt64.random(in: 0..<(1 << 53)) }

    /// z `[rows, latent]` of the encoded `rows`: μ, or μ + temperature·σ·ε.
    func codes(_ rows: Range<Int>, _ passage: Passage, into z: UnsafeMutablePointer<Float>) {
        let latent = passage.architecture.latent
        let mu = unsafe passage.mu.row(rows.lowerBound)
        guard let seed else { return unsafe z.update(from: mu, count: rows.count * latent) }
        let noise = FloatBuffer(scratch: rows.count * latent)
        unsafe RandomStream(seed: seed, domain: .posterior).normals(rows: rows.count, width: latent, into: noise.base)
        unsafe Posterior.sample(
            count: rows.count * latent, mu: mu, sigma: passage.sigma.row(rows.lowerBound), noise: noise.base,
            temperature: temperature, into: z)
    }
}
