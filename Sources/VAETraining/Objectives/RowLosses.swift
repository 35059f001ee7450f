internal import VAE

/// The two terms of −ELBO for the rows of a model's last forward pass.
final class RowLosses {
    /// −ln p(x|z) of each row and draw.
    let nll: FloatBuffer
    private let kl: FloatBuffer
    private let logScaleGradient: FloatBuffer
    private let vae: TrainableVAE
    private var architecture: VAEArchitecture { vae.architecture }

    init(_ vae: TrainableVAE, maximumRows: Int) {
        self.vae = vae
        nll = FloatBuffer(count: maximumRows * vae.samples)
        logScaleGradient = FloatBuffer(count: maximumRows * vae.samples)
        kl = FloatBuffer(count: maximumRows * vae.architecture.latent)
    }

    /// −ln p(x|z) of `rows` rows; `logScale` is the model's unless given.
    func reconstruction(
        rows: Int, decoded: UnsafePointer<Float>, x: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        logScale: Float? = nil
    ) {
        unsafe architecture.likelihood.negativeLogLikelihood(
            rows: rows, width: architecture.outputCount, decoded: decoded, x: x,
            logScale: logScale ?? architecture.logScale(in: parameters), into: nll.base)
    }

    /// The same; the decoder's numbers become `scale` times the gradient with respect to them.
    func reconstructionAndGradient(
        rows: Int, decoded: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        logScale: Float? = nil, scale: Float
    ) {
        unsafe architecture.likelihood.negativeLogLikelihoodAndGradient(
            rows: rows, width: architecture.outputCount, decoded: decoded, x: x,
            logScale: logScale ?? architecture.logScale(in: parameters), scale: scale, into: nll.base,
            gradient: decoded, logScaleGradient: logScaleGradient.base)
    }

    /// Fills in the gradient of a learned scale, from the rows measured last; `weights`, if given, is one number a row.
    func writeScaleGradient(rows: Int, weights: FloatBuffer? = nil, into gradient: UnsafeMutablePointer<Float>) {
        guard let offset = architecture.logScaleOffset else { return }
        var sum = 0.0
        for row in 0..<rows { sum += Double(logScaleGradient[row]) * Double(weights?[row] ?? 1) }
        unsafe gradient[offset] = Float(sum)
    }

    /// The KL divergences of `rows` rows.
    func measureKL(rows: Int) {
        unsafe architecture.posterior.klDivergence(
            rows: rows, mu: vae.mu.base, logVariance: vae.logVariance.base, into: kl.base)
    }

    /// Of the rows measured last, the sum for each dimension.
    func perDimensionKL(rows: Int) -> [Double] {
        let latent = architecture.latent
        var sums = [Double](repeating: 0, count: latent)
        for row in 0..<rows {
            for index in 0..<latent { sums[index] += unsafe Double(kl.base[row * latent + index]) }
        }
        return sums
    }

    /// Sums of what was measured last; the objective is −ELBO.
    func terms(rows: Int) -> LossTerms {
        var terms = LossTerms(images: rows)
        for row in 0..<rows { terms.reconstruction += unsafe Double(nll.base[row]) }
        for index in 0..<rows * architecture.latent { terms.kl += unsafe Double(kl.base[index]) }
        terms.objective = terms.reconstruction + terms.kl
        return terms
    }
}
