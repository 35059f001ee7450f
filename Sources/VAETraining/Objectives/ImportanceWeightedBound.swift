internal import VAE

/// The importance-weighted bound (Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519, eq. 8) with k draws of z:
///
///     L_k(x) = ln 1/k Σ_i w_i,   w_i = p(x, z_i) / q(z_i|x),   ∇L_k = Σ_i w̃_i ∇ln w_i,   w̃ = w / Σ w.
///
/// A draw of small weight costs as much on the way back as one that matters. With a cutoff τ those below it are kept
/// with probability w̃/τ, with the weight τ: the gradient of the decoder stays the same in expectation.
@safe final class ImportanceWeightedBound: Objective {
    let samples: Int
    private let settings: ObjectiveSettings
    private let vae: TrainableVAE
    private let losses: RowLosses
    private var importance: ImportanceWeights
    private let kept: FloatBuffer
    private let targets: FloatBuffer
    private let latentGradient: FloatBuffer
    private var decoded: UnsafeMutablePointer<Float>?
    private var architecture: VAEArchitecture { vae.architecture }

    init(_ settings: ObjectiveSettings, vae: TrainableVAE, maximumRows: Int) {
        samples = settings.samples
        self.settings = settings
        self.vae = vae
        losses = RowLosses(vae, maximumRows: maximumRows)
        importance = ImportanceWeights(maximumRows: maximumRows, samples: samples)
        kept = FloatBuffer(count: maximumRows * samples)
        targets = FloatBuffer(count: maximumRows * samples * vae.architecture.inputCount)
        latentGradient = FloatBuffer(count: maximumRows * samples * vae.architecture.latent)
    }

    func forward(_ share: MinibatchShare) throws(ModelError) {
        unsafe decoded = try unsafe vae.forward(
            rows: share.rows, x: share.input.base, noise: share.noise.base, parameters: share.parameters.base)
    }

    func backward(
        _ share: MinibatchShare, statistics: [Double], gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) -> LossTerms {
        guard let decoded = unsafe decoded else { preconditionFailure("backward without forward") }
        let width = architecture.inputCount
        let draws = share.rows * samples
        let scale = 1 / Float(share.total)
        for row in 0..<share.rows {
            for sample in 0..<samples {
                unsafe (targets.base + (row * samples + sample) * width).update(
                    from: share.target.base + row * width, count: width)
            }
        }
        unsafe losses.reconstructionAndGradient(
            rows: draws, decoded: decoded, x: targets.base, parameters: share.parameters.base, scale: scale)
        unsafe importance.weigh(rows: share.rows, nll: losses.nll.base, noise: share.noise.base, of: vae)
        let indices = select(share)
        if indices.count < draws {
            unsafe MatrixRows.keep(indices, width: width, in: decoded)
            vae.keep(indices)
        }
        unsafe losses.writeScaleGradient(rows: draws, weights: kept, into: gradient)
        let factors = indices.map { unsafe kept.base[Int($0)] }
        unsafe MatrixRows.scale(decoded, width: width, by: factors)
        let codes = try unsafe vae.backwardDecoder(
            rows: indices.count, parameters: share.parameters.base, decodedGradient: decoded, gradient: gradient)
        unsafe MatrixRows.spread(
            codes, to: indices, of: draws, width: architecture.latent, into: latentGradient.base)
        unsafe importance.backward(
            rows: share.rows, settings.gradient, weights: kept, noise: share.noise.base, scale: scale,
            latentGradient: latentGradient.base, of: vae)
        try unsafe vae.backwardEncoder(
            rows: share.rows, x: share.input.base, parameters: share.parameters.base, gradient: gradient)
        return terms(share.rows)
    }

    /// The draws that take part in the way back, with their weights in `kept`.
    private func select(_ share: MinibatchShare) -> [UInt32] {
        let draws = share.rows * samples
        kept.copy(from: importance.normalised)
        let cutoff = settings.importanceCutoff
        guard cutoff > 0 else { return (0..<UInt32(draws)).map { $0 } }
        let random = RandomStream(seed: share.seed, domain: .roulette, draw: share.epoch)
        var indices: [UInt32] = []
        for (row, image) in share.indices.enumerated() {
            let chances = random.uniforms(row: image, count: samples)
            for sample in 0..<samples {
                let index = row * samples + sample
                let weight = unsafe kept.base[index]
                if weight < cutoff {
                    let survives = chances[sample] * cutoff < weight
                    unsafe kept.base[index] = survives ? cutoff : 0
                    if !survives { continue }
                }
                indices.append(UInt32(index))
            }
        }
        // Row counts in steps, so that products of few sizes need be prepared; the extra rows weigh nothing.
        var isKept = [Bool](repeating: false, count: draws)
        for index in indices { isKept[Int(index)] = true }
        let wanted = min(draws, (indices.count + Self.rowStep - 1) / Self.rowStep * Self.rowStep)
        var next = 0
        while indices.count < wanted {
            if !isKept[next] { indices.append(UInt32(next)) }
            next += 1
        }
        return indices.sorted()
    }

    private static let rowStep = 64

    /// −L_k as objective; the terms of −ELBO are estimates from the same draws.
    private func terms(_ rows: Int) -> LossTerms {
        var terms = LossTerms(images: rows)
        for row in 0..<rows { terms.objective -= importance.bounds[row] }
        for index in 0..<rows * samples {
            let nll = unsafe Double(losses.nll.base[index]) / Double(samples)
            terms.reconstruction += nll
            terms.kl -= importance.logWeights[index] / Double(samples) + nll
        }
        return terms
    }
}
