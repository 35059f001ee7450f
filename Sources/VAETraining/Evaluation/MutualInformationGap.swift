internal import Glibc
internal import Synchronization
internal import VAE

/// How far each known factor of the images has a latent dimension of its own (Chen et al. 2018, arXiv 1802.04942, section
/// 4): for a factor v with entropy H(v), the difference of the two largest I(z_j; v), over H(v).
///
/// I(z_j; v) = H(z_j) − H(z_j|v), where q(z_j) and q(z_j|v) are mixtures of the posteriors of all images and of those with
/// that value, measured at one draw of z of every image.
final class MutualInformationGap: Sendable {
    /// Images that are used at most: the work grows with their square.
    static let maximumImages = 10_000

    private let images: EncodedImages
    private let factors: [ImageFactor]
    private let groups: [ValueGroups]
    /// `[latent]` of I(z_j; v) for each factor.
    private let informations: Mutex<[[Double]]>

    /// Of `factors`, whose values are those of `images` in their order; those with one value only are left out.
    init(_ images: EncodedImages, factors: [ImageFactor]) {
        self.images = images
        let known = factors.map { ($0, ValueGroups($0.values)) }.filter { $0.1.entropy > 0 }
        self.factors = known.map(\.0)
        groups = known.map(\.1)
        informations = Mutex(Array(repeating: [], count: images.latent))
    }

    /// The gaps; nil when no factor is left, or when `shouldStop`, asked before every dimension, says so. `progress` is
    /// told how many dimensions are done.
    func measure(
        team: ThreadTeam, progress: @escaping @Sendable (Int) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws(TrainingError) -> EvaluationRecord.Disentanglement? {
        guard !factors.isEmpty else { return nil }
        let all = ValueGroups([Int](repeating: 0, count: images.count))
        let done = try team.forEach(images.latent, progress: progress, shouldStop: shouldStop) {
            [self] (_: Int, dimension: Int) throws(TrainingError) in
            let column = LatentColumn(images, dimension: dimension)
            let entropy = column.entropy(all)
            let row = groups.map { entropy - column.entropy($0) }
            informations.withLock { $0[dimension] = row }
            return true
        }
        guard done == images.latent else { return nil }
        let rows = informations.withLock { $0 }
        let gaps = groups.indices.map { factor in
            let sorted = (rows.map { $0[factor] } + [0]).sorted(by: >)
            return (sorted[0] - sorted[1]) / groups[factor].entropy
        }
        return EvaluationRecord.Disentanglement(
            mutualInformationGap: gaps.reduce(0, +) / Double(gaps.count), factors: factors.map(\.name), gaps: gaps,
            images: images.count)
    }

    /// One latent dimension of all posteriors, as arrays.
    private struct LatentColumn {
        let mean, precision, scale, z: [Float]

        init(_ images: EncodedImages, dimension: Int) {
            func column(_ buffer: FloatBuffer) -> [Float] {
                (0..<images.count).map { unsafe buffer.base[$0 * images.latent + dimension] }
            }
            mean = column(images.mu)
            z = column(images.z)
            let logVariance = column(images.logVariance)
            precision = logVariance.map { expf(-$0) }
            scale = logVariance.map { expf(-0.5 * $0) }
        }

        /// H(z_j|v), but for ½ ln 2π.
        func entropy(_ groups: ValueGroups) -> Double {
            var sum = 0.0
            for group in groups.members {
                let means = group.map { mean[$0] }
                let precisions = group.map { precision[$0] }
                let scales = group.map { scale[$0] }
                for image in group {
                    let densities = unsafe LatentStatistics.sumOfDensities(
                        of: z[image], count: group.count, mean: means, precision: precisions, scale: scales)
                    sum -= log(densities / Double(group.count))
                }
            }
            return sum / Double(z.count)
        }
    }
}
