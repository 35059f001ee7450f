internal import VAE

/// How z follows from q(z|x): its mean, or draws from a seed. Draw i of image n of a request depends on the seed, n and i
/// only, and is the one that `score` with this seed weighs.
struct PosteriorDraw {
    /// `nil`: the mean.
    let seed: UInt64?
    var temperature: Float = 1

    /// Seeds drawn here stay below 2⁵³, so that JavaScript can send them back.
    static func newSeed() -> UInt64 { UInt64.random(in: 0..<(1 << 53)) }

    /// z `[rows, count, latent]` of the encoded `rows`: μ, or μ + temperature·σ·ε.
    func codes(_ rows: Range<Int>, count: Int = 1, _ passage: Passage, into z: UnsafeMutablePointer<Float>) {
        let latent = passage.architecture.latent
        let noise = FloatBuffer(scratch: seed == nil ? 0 : count * latent)
        for (number, row) in rows.enumerated() {
            if let seed {
                unsafe RandomStream(seed: seed, domain: .importance, draw: UInt32(number)).normals(
                    rows: count, width: latent, into: noise.base)
            }
            for draw in 0..<count {
                let code = unsafe z + (number * count + draw) * latent
                let mu = unsafe passage.mu.row(row)
                guard seed != nil else {
                    unsafe code.update(from: mu, count: latent)
                    continue
                }
                unsafe Posterior.sample(
                    count: latent, mu: mu, sigma: passage.sigma.row(row), noise: noise.base + draw * latent,
                    temperature: temperature, into: code)
            }
        }
    }
}
