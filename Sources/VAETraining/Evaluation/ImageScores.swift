internal import VAE

/// What each of some images costs, in nats.
struct ImageScores: Sendable {
    /// −ln p(x|z), with one draw of z.
    let reconstruction: [Double]
    /// KL(q‖p).
    let kl: [Double]

    /// Of images that were decoded.
    init(_ images: EncodedImages) {
        let divergences = images.divergences()
        reconstruction = images.reconstruction.array().map(Double.init)
        kl = (0..<images.count).map { image in
            (0..<images.latent).reduce(0) { sum, dimension in
                sum + (unsafe Double(divergences.base[image * images.latent + dimension]))
            }
        }
    }

    /// −ELBO of each.
    var loss: [Double] { zip(reconstruction, kl).map { $0 + $1 } }

    /// The means.
    var terms: TrainingRecord.Terms {
        let count = Double(kl.count)
        return TrainingRecord.Terms(
            reconstruction: reconstruction.reduce(0, +) / count, kl: kl.reduce(0, +) / count)
    }
}
