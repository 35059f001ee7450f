internal import VAE

/// How z follows from q(z|x): its mean, or one draw from a seed, which depends on the seed and the image's place in the
/// request only: the first of those that `POST …/sample` and `score` draw with that seed.
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
        for index in 0..<rows.count {
            unsafe RandomStream(seed: seed, domain: .importance, draw: UInt32(index)).normals(
                rows: 1, width: latent, into: noise.base + index * latent)
        }
        unsafe Posterior.sample(
            count: rows.count * latent, mu: mu, sigma: passage.sigma.row(rows.lowerBound), noise: noise.base,
            temperature: temperature, into: z)
    }
}
