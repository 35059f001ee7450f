internal import CTensorKernels

/// How far two posteriors are from each other, by three measures.
public struct PosteriorDistances: Hashable, Sendable {
    /// ‖μ − μ'‖, row by row.
    public private(set) var euclidean: [Float]
    /// √(‖μ − μ'‖² + ‖σ − σ'‖²), the Wasserstein-2 distance.
    public private(set) var wasserstein: [Float]
    /// KL(q‖q') + KL(q'‖q), in nats; empty between points, for which it is infinite.
    public private(set) var divergence: [Float]

    /// Of the `rows` posteriors `mu`, `sigma` `[rows, latent]` from each of the `others`, likewise: `[rows, others]` each.
    /// A point has σ = 0; the divergence is measured only if `haveDensities` says that no σ is. `pause` is called now and
    /// then.
    public init<Failure: Error>(
        rows: Int, mu: UnsafePointer<Float>, sigma: UnsafePointer<Float>, others: Int, otherMu: UnsafePointer<Float>,
        otherSigma: UnsafePointer<Float>, latent: Int, haveDensities: Bool, pause: () throws(Failure) -> Void
    ) throws(Failure) {
        euclidean = Array(repeating: 0, count: rows * others)
        wasserstein = euclidean
        divergence = haveDensities ? euclidean : []
        var line: (euclidean: [Float], wasserstein: [Float], divergence: [Float]) = (
            Array(repeating: 0, count: others), Array(repeating: 0, count: others),
            Array(repeating: 0, count: haveDensities ? others : 0)
        )
        for row in 0..<rows {
            unsafe line.divergence.withUnsafeMutableBufferPointer { divergence in
                unsafe tk_posterior_distances(
                    others, latent, mu + row * latent, sigma + row * latent, otherMu, otherSigma, &line.euclidean,
                    &line.wasserstein, haveDensities ? divergence.baseAddress : nil)
            }
            let range = row * others..<(row + 1) * others
            euclidean.replaceSubrange(range, with: line.euclidean)
            wasserstein.replaceSubrange(range, with: line.wasserstein)
            if haveDensities { divergence.replaceSubrange(range, with: line.divergence) }
            try pause()
        }
    }
}
