internal import VAE

/// The evidence lower bound (Kingma & Welling 2014, arXiv 1312.6114, eq. 10, one sample of z per image):
///
///     −ELBO(x) = −ln p(x|z) + KL(q(z|x) ‖ p(z)),   z = μ + σ·ε,   with the KL divergence in closed form (appendix B).
///
/// Summed over pixels and latent dimensions. One thread's workspace: value and gradient of up to `maximumRows` images.
final class ELBO {
    let maximumRows: Int
    private let vae: TrainableVAE
    private let nll: FloatBuffer
    private let kl: FloatBuffer
    private let logScaleGradient: FloatBuffer
    private var architecture: VAEArchitecture { vae.architecture }

    init(_ architecture: VAEArchitecture, maximumRows: Int) throws(ModelError) {
        self.maximumRows = maximumRows
        vae = try TrainableVAE(architecture, maximumRows: maximumRows)
        nll = FloatBuffer(count: maximumRows)
        logScaleGradient = FloatBuffer(count: maximumRows)
        kl = FloatBuffer(count: maximumRows * architecture.latent)
    }

    /// The terms of x `[rows, C·H·W]` with ε = `noise` `[rows, latent]`. Adds the KL of each latent dimension, summed
    /// over the rows, to `perDimensionKL` if that is not empty.
    func value(
        rows: Int, x: UnsafePointer<Float>, noise: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        perDimensionKL: inout [Double]
    ) throws(ModelError) -> ELBOTerms {
        let decoded = try unsafe vae.forward(rows: rows, x: x, noise: noise, parameters: parameters)
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: rows, width: architecture.inputCount, decoded: decoded, x: x,
            logScale: architecture.logScale(in: parameters), into: nll.base)
        let terms = terms(rows: rows)
        if !perDimensionKL.isEmpty {
            for index in 0..<rows * architecture.latent {
                perDimensionKL[index % architecture.latent] += unsafe Double(kl.base[index])
            }
        }
        return terms
    }

    /// The same terms; `gradient`, an arena like `parameters`, becomes `scale` times the gradient of their sum.
    /// With `scale` = 1 / (images of the minibatch) the shares of all threads add up to the gradient of the mean.
    func valueAndGradient(
        rows: Int, x: UnsafePointer<Float>, noise: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        scale: Float, gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) -> ELBOTerms {
        let decoded = try unsafe vae.forward(rows: rows, x: x, noise: noise, parameters: parameters)
        unsafe architecture.likelihood.negativeLogLikelihoodAndGradient(
            rows: rows, width: architecture.inputCount, decoded: decoded, x: x,
            logScale: architecture.logScale(in: parameters), scale: scale, into: nll.base, gradient: decoded,
            logScaleGradient: logScaleGradient.base)
        if let offset = architecture.logScaleOffset {
            unsafe gradient[offset] = (0..<rows).reduce(0) { unsafe $0 + logScaleGradient.base[$1] }
        }
        try unsafe vae.backward(
            rows: rows, x: x, noise: noise, parameters: parameters, decodedGradient: decoded, klScale: scale,
            gradient: gradient)
        return terms(rows: rows)
    }

    /// Sums of the last forward pass, row by row.
    private func terms(rows: Int) -> ELBOTerms {
        let latent = architecture.latent
        unsafe architecture.posterior.klDivergence(
            rows: rows, mu: vae.mu.base, logVariance: vae.logVariance.base, into: kl.base)
        var terms = ELBOTerms(images: rows)
        for row in 0..<rows { terms.reconstruction += unsafe Double(nll.base[row]) }
        for index in 0..<rows * latent { terms.kl += unsafe Double(kl.base[index]) }
        return terms
    }
}
