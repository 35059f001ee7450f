internal import Glibc
internal import VAE

/// The posteriors q(z|x) of many images, one draw z of each, and, if they were decoded, what the images cost under it.
///
/// The draw of image n depends on (seed, draw, n) only.
struct EncodedImages: Sendable {
    /// Number of images.
    let count: Int
    /// Number of latent dimensions.
    let latent: Int
    /// Their numbers in the data set.
    let numbers: [UInt32]
    /// `[count, latent]` each.
    let mu, logVariance, z: FloatBuffer
    /// −ln p(x|z) of each image, in nats; empty if they were not decoded.
    let reconstruction: FloatBuffer

    private let posterior: Posterior

    init(numbers: [UInt32], posterior: Posterior, decoded: Bool) {
        self.numbers = numbers
        self.posterior = posterior
        latent = posterior.latent
        count = numbers.count
        mu = FloatBuffer(scratch: count * latent)
        logVariance = FloatBuffer(scratch: count * latent)
        z = FloatBuffer(scratch: count * latent)
        reconstruction = FloatBuffer(count: decoded ? count : 0)
    }

    /// KL(q‖p) of each dimension of each image, `[count, latent]`, in nats; 0 in models without such a term.
    func divergences() -> FloatBuffer {
        let kl = FloatBuffer(scratch: count * latent)
        unsafe posterior.klDivergence(rows: count, mu: mu.base, logVariance: logVariance.base, into: kl.base)
        return kl
    }

    /// Mean over the images of each column of `values` `[count, latent]`, summed in double.
    func columnMeans(_ values: FloatBuffer) -> [Double] {
        var sums = [Double](repeating: 0, count: latent)
        for image in 0..<count {
            for dimension in 0..<latent { sums[dimension] += unsafe Double(values.base[image * latent + dimension]) }
        }
        return sums.map { $0 / Double(count) }
    }

    /// A dimension is active if its activity is above (Burda et al. 2016).
    static let activeVariance = 0.01

    /// Var_x E[z_j|x] of each dimension j: what Burda et al. (2016) call the activity of a unit.
    func activities() -> [Double] {
        let means = columnMeans(mu)
        var sums = [Double](repeating: 0, count: latent)
        for image in 0..<count {
            for dimension in 0..<latent {
                let distance = unsafe Double(mu.base[image * latent + dimension]) - means[dimension]
                sums[dimension] += distance * distance
            }
        }
        return sums.map { $0 / Double(count) }
    }

    /// Those at `places`, in that order; not decoded.
    func selecting(_ places: [Int]) -> EncodedImages {
        let selected = EncodedImages(numbers: places.map { numbers[$0] }, posterior: posterior, decoded: false)
        for (row, place) in places.enumerated() {
            for (from, to) in [(mu, selected.mu), (logVariance, selected.logVariance), (z, selected.z)] {
                unsafe (to.base + row * latent).update(from: from.base + place * latent, count: latent)
            }
        }
        return selected
    }
}
