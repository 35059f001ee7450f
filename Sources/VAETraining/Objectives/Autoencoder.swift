internal import Glibc
internal import VAE

/// An autoencoder without a distribution over codes: the cost of the reconstruction alone, and perhaps of codes that are
/// not sparse (Ng 2011, "Sparse autoencoder", CS294A lecture notes):
///
///     −ln p(x|z) + w·Σ_j KL(ρ ‖ ρ̂_j),   KL(ρ ‖ ρ̂) = ρ ln(ρ/ρ̂) + (1−ρ) ln((1−ρ)/(1−ρ̂)),
///
/// where ρ̂_j is the mean of code j over the minibatch. Codes then end in a sigmoid.
@safe final class Autoencoder: Objective {
    let samples = 1
    private let settings: ObjectiveSettings
    private let vae: TrainableVAE
    private let losses: RowLosses
    private var decoded: UnsafeMutablePointer<Float>?
    private(set) var statistics: [Double] = []
    private var latent: Int { vae.architecture.latent }
    /// ρ̂ counts as at least this far from 0 and 1.
    private static let margin = 1e-6

    init(_ settings: ObjectiveSettings, vae: TrainableVAE, maximumRows: Int) {
        self.settings = settings
        self.vae = vae
        losses = RowLosses(vae, maximumRows: maximumRows)
    }

    var statisticsCount: Int { settings.sparsity == nil ? 0 : latent }

    func forward(_ share: MinibatchShare) throws(ModelError) {
        unsafe decoded = try unsafe vae.forward(
            rows: share.rows, x: share.input.base, noise: share.noise.base, parameters: share.parameters.base)
        guard settings.sparsity != nil else { return }
        statistics = Array(repeating: 0, count: latent)
        for row in 0..<share.rows {
            for index in 0..<latent { statistics[index] += unsafe Double(vae.mu.base[row * latent + index]) }
        }
    }

    func backward(
        _ share: MinibatchShare, statistics: [Double], gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) -> LossTerms {
        guard let decoded = unsafe decoded else { preconditionFailure("backward without forward") }
        unsafe losses.reconstructionAndGradient(
            rows: share.rows, decoded: decoded, x: share.target.base, parameters: share.parameters.base,
            scale: 1 / Float(share.total))
        unsafe losses.writeScaleGradient(rows: share.rows, into: gradient)
        let codeGradient = try unsafe vae.backwardDecoder(
            rows: share.rows, parameters: share.parameters.base, decodedGradient: decoded, gradient: gradient)
        unsafe vae.headGradient.base.update(from: codeGradient, count: share.rows * latent)
        let penalty = sparsity(statistics.map { $0 / Double(share.total) })
        for (index, slope) in penalty.slopes.enumerated() {
            let part = Float(slope / Double(share.total))
            for row in 0..<share.rows { unsafe vae.headGradient.base[row * latent + index] += part }
        }
        try unsafe vae.backwardEncoder(
            rows: share.rows, x: share.input.base, parameters: share.parameters.base, gradient: gradient)
        var terms = losses.terms(rows: share.rows)
        // Every share carries its part of what is said of the whole minibatch.
        terms.objective += penalty.value * Double(share.rows)
        return terms
    }

    /// w·Σ_j KL(ρ ‖ ρ̂_j), and its derivatives by the ρ̂_j.
    private func sparsity(_ means: [Double]) -> (value: Double, slopes: [Double]) {
        guard let target = settings.sparsity else { return (0, []) }
        var value = 0.0
        let slopes = means.map { mean in
            let mean = min(max(mean, Self.margin), 1 - Self.margin)
            value += target * log(target / mean) + (1 - target) * log((1 - target) / (1 - mean))
            return settings.sparsityWeight * ((1 - target) / (1 - mean) - target / mean)
        }
        return (settings.sparsityWeight * value, slopes)
    }
}
