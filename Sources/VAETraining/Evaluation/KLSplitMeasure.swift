internal import Glibc
internal import Synchronization
internal import VAE

/// Splits the mean KL of the posteriors of a data set into what codes tell about the image they came from, and how far all
/// of them together are from the prior (Hoffman & Johnson 2016): mean KL(q(z|x)‖p) = I(x; z) + KL(q(z)‖p).
///
/// ln q(z) is that of the mixture of all N posteriors, exactly, at one draw of z from each of some of them.
struct KLSplitMeasure {
    /// Draws of z, evenly spread over the images.
    static let maximumDraws = 1000

    let images: EncodedImages
    let team: ThreadTeam

    /// Both parts; nil when `shouldStop`, asked before every draw, says so. `progress` is told how many draws are done.
    func measure(
        progress: @escaping @Sendable (Int) -> Void = { _ in }, shouldStop: @escaping @Sendable () -> Bool
    ) throws(TrainingError) -> EvaluationRecord.KLSplit? {
        let (images, count, latent) = (images, images.count, images.latent)
        let precision = FloatBuffer(scratch: count * latent)
        let constant = FloatBuffer(scratch: count)
        for image in 0..<count {
            var sum = Double(latent) * log(2 * Double.pi)
            for index in image * latent..<(image + 1) * latent {
                let logVariance = unsafe images.logVariance.base[index]
                sum += Double(logVariance)
                unsafe precision.base[index] = expf(-logVariance)
            }
            unsafe constant.base[image] = Float(-0.5 * sum)
        }
        let draws = min(Self.maximumDraws, count)
        let scratches = (0..<team.count).map { _ in FloatBuffer(scratch: count) }
        let informations = DoubleBuffer(count: draws)
        let done = try team.forEach(draws, progress: progress, shouldStop: shouldStop) {
            (thread: Int, draw: Int) throws(TrainingError) in
            let image = draw * count / draws
            let scratch = scratches[thread]
            let logMean = unsafe LatentStatistics.logMeanDensity(
                of: images.z.base + image * latent, count: count, latent: latent, mean: images.mu.base,
                precision: precision.base, constant: constant.base, scratch: scratch.base)
            // The draw's own posterior is one of those just measured.
            unsafe informations.base[draw] = Double(scratch.base[image]) - logMean
            return true
        }
        guard done == draws else { return nil }
        let values = (0..<draws).map { informations[$0] }
        let information = values.reduce(0, +) / Double(draws)
        let kl = images.columnMeans(images.divergences()).reduce(0, +)
        return EvaluationRecord.KLSplit(
            kl: kl, mutualInformation: information, marginalKL: kl - information,
            standardError: MarginalLikelihood.standardError(values), draws: draws, images: count)
    }
}
