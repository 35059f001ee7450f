internal import Glibc
internal import VAE

/// The evidence lower bound (Kingma & Welling 2014, arXiv 1312.6114, eq. 10, one sample of z per image):
///
///     −ELBO(x) = −ln p(x|z) + KL(q(z|x) ‖ p(z)),   z = μ + σ·ε,   with the KL divergence in closed form (appendix B),
///
/// and its variants, which weigh the mean KL of a minibatch in other ways:
///
///     β-VAE       β·KL                      Higgins et al. 2017; β may grow from 0 (Bowman et al. 2016)
///     capacity    γ·|KL − C|                Burgess et al. 2018, arXiv 1804.03599; C grows
///     free bits   Σ_j max(λ, KL_j)          Kingma et al. 2016, arXiv 1606.04934, section C.8
///
/// A Gaussian likelihood of optimal scale (Rybkin, Daniilidis & Levine 2021, arXiv 2006.13202) takes the
/// root of the minibatch's mean squared error for σ. Summed over pixels and latent dimensions.
@safe final class ELBO: Objective {
    let samples = 1
    private let settings: ObjectiveSettings
    private let vae: TrainableVAE
    private let losses: RowLosses
    private let klScales: FloatBuffer
    private var decoded: UnsafeMutablePointer<Float>?
    private(set) var statistics: [Double] = []
    private var architecture: VAEArchitecture { vae.architecture }

    init(_ settings: ObjectiveSettings, vae: TrainableVAE, maximumRows: Int) {
        self.settings = settings
        self.vae = vae
        losses = RowLosses(vae, maximumRows: maximumRows)
        klScales = FloatBuffer(count: vae.architecture.latent)
    }

    /// ln of the scale that suits the last minibatch best, if the objective looks for it.
    private(set) var optimalLogScale: Float?
    private var needsMeanKL: Bool { settings.capacity != nil || settings.freeBits > 0 }
    var statisticsCount: Int { (needsMeanKL ? architecture.latent : 0) + (settings.takesOptimalScale ? 1 : 0) }

    func forward(_ share: MinibatchShare) throws(ModelError) {
        unsafe decoded = try unsafe vae.forward(
            rows: share.rows, x: share.input.base, noise: share.noise.base, parameters: share.parameters.base)
        losses.measureKL(rows: share.rows)
        statistics = needsMeanKL ? losses.perDimensionKL(rows: share.rows) : []
        if settings.takesOptimalScale, let decoded = unsafe decoded {
            statistics.append(unsafe squaredError(share, decoded: decoded))
        }
    }

    func backward(
        _ share: MinibatchShare, statistics: [Double], gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) -> LossTerms {
        guard let decoded = unsafe decoded else { preconditionFailure("backward without forward") }
        let scale = 1 / Float(share.total)
        if settings.takesOptimalScale, let error = statistics.last {
            let pixels = Double(share.total * architecture.inputCount)
            optimalLogScale = Float(0.5 * log(max(error / pixels, Self.smallestSquaredError)))
        }
        unsafe losses.reconstructionAndGradient(
            rows: share.rows, decoded: decoded, x: share.target.base, parameters: share.parameters.base,
            logScale: optimalLogScale, scale: scale)
        unsafe losses.writeScaleGradient(rows: share.rows, into: gradient)
        if settings.takesOptimalScale, let offset = architecture.logScaleOffset { unsafe gradient[offset] = 0 }
        let meanKL = statistics.prefix(needsMeanKL ? architecture.latent : 0).map { $0 / Double(share.total) }
        for index in 0..<architecture.latent {
            unsafe klScales.base[index] = scale * Float(klWeight(index, meanKL: meanKL, share.weights))
        }
        try unsafe vae.backward(
            rows: share.rows, x: share.input.base, noise: share.noise.base, parameters: share.parameters.base,
            decodedGradient: decoded, klScales: klScales.base, gradient: gradient)
        var terms = losses.terms(rows: share.rows)
        // Every share carries its part of what is said of the whole minibatch.
        terms.objective =
            terms.reconstruction
            + penalty(terms, meanKL: meanKL, share.weights) * Double(share.rows)
        return terms
    }

    /// Of eight-bit pixels: a hundredth of a step between two of them.
    private static let smallestSquaredError = 1e-9

    /// Σ (x − m)², from −ln of the normal density of scale 1.
    private func squaredError(_ share: MinibatchShare, decoded: UnsafePointer<Float>) -> Double {
        unsafe losses.reconstruction(
            rows: share.rows, decoded: decoded, x: share.target.base, parameters: share.parameters.base, logScale: 0)
        let constant = 0.5 * log(2 * Double.pi) * Double(architecture.inputCount)
        return (0..<share.rows).reduce(0) { $0 + 2 * (Double(losses.nll[$1]) - constant) }
    }

    /// d(penalty)/d(mean KL of one dimension).
    private func klWeight(_ index: Int, meanKL: [Double], _ weights: ScheduledWeights) -> Double {
        if let capacity = weights.capacity {
            return settings.capacityWeight * (meanKL.reduce(0, +) < capacity ? -1 : 1)
        }
        if settings.freeBits > 0 { return meanKL[index] < settings.freeBits ? 0 : weights.beta }
        return weights.beta
    }

    /// What the KL divergence costs an image of this minibatch, on average.
    private func penalty(_ terms: LossTerms, meanKL: [Double], _ weights: ScheduledWeights) -> Double {
        if let capacity = weights.capacity {
            return settings.capacityWeight * abs(meanKL.reduce(0, +) - capacity)
        }
        if settings.freeBits > 0 {
            return weights.beta * meanKL.reduce(0) { $0 + max(settings.freeBits, $1) }
        }
        return terms.images == 0 ? 0 : weights.beta * terms.kl / Double(terms.images)
    }
}
