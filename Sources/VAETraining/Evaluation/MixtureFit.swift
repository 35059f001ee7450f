internal import Glibc
internal import Synchronization
internal import VAE

/// Fits a mixture of Gaussians with full covariance to codes, by expectation maximisation (Dempster, Laird & Rubin 1977)
/// from a start of k-means++ (Arthur & Vassilvitskii 2007). Equal codes and seed give equal bits on any number of threads.
final class MixtureFit {
    /// Of the start, so that the same codes always give the same mixture.
    static let seed: UInt64 = 1
    /// Added to every variance, so that a component cannot collapse onto a point.
    static let ridge = 1e-6
    /// EM ends when a round brings less, in nats per code (as pythae's sampler does, after Ghosh et al. 2020).
    static let tolerance = 1e-3
    /// EM ends anyway after so many rounds.
    static let maximumRounds = 200
    /// Codes that are worked on together.
    private static let blockRows = 1024

    /// What has been found.
    private(set) var components: [MixtureComponent] = []
    /// Mean log-likelihood of a code before each round, and at the end; rising.
    private(set) var history: [Double] = []

    private let codes: FloatBuffer
    private let count: Int
    private let latent: Int
    private let team: ThreadTeam
    /// `[K, count]`: ln (weight · density), and then the share of each component in each code.
    private let shares: DoubleBuffer
    private let logLikelihoods: DoubleBuffer
    private let scratches: [DoubleBuffer]
    private let requested: Int

    /// For `count` codes `[count, latent]`; K is lowered so that a component has on average twice as many codes as a
    /// covariance has rows.
    init(_ codes: FloatBuffer, count: Int, latent: Int, components: Int, team: ThreadTeam) {
        precondition(count > 0 && latent > 0 && components > 0 && codes.count == count * latent)
        self.codes = codes
        self.count = count
        self.latent = latent
        self.team = team
        requested = max(1, min(components, count / (2 * (latent + 1))))
        shares = DoubleBuffer(count: requested * count)
        logLikelihoods = DoubleBuffer(count: count)
        scratches = (0..<team.count).map { _ in DoubleBuffer(count: LatentStatistics.scratchCount(latent: latent)) }
    }

    /// Mean log-likelihood of a code under what has been found, in nats.
    var logLikelihood: Double { history.last ?? -.infinity }

    /// Runs EM to its end; false if `shouldStop`, asked before every round, said so. `progress` is told how many rounds
    /// are done, of `maximumRounds` at most.
    func run(
        seed: UInt64, progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws(TrainingError) -> Bool {
        components = try start(seed: seed)
        var best = try expect(components)
        history = [best]
        while history.count <= Self.maximumRounds {
            guard !shouldStop() else { return false }
            let candidate = try maximise()
            let value = try expect(candidate)
            // The ridge, and rounding, can cost the last digits of what maximisation gains.
            guard value > best else { return true }
            let gain = value - best
            components = candidate
            best = value
            history.append(value)
            progress(history.count - 1)
            guard gain >= Self.tolerance else { return true }
        }
        return true
    }

    /// What has been found, in the precision of a checkpoint.
    func mixture() throws(TrainingError) -> GaussianMixture {
        do throws(ModelError) {
            return try GaussianMixture(
                weights: components.map { Float($0.weight) }, means: components.flatMap { $0.mean.map { Float($0) } },
                cholesky: components.flatMap { $0.cholesky.map { Float($0) } })
        } catch { throw .model(error) }
    }

    /// Every code belongs to the nearest of K centres; all components begin with the covariance about them, since one
    /// alone may have too few codes.
    private func start(seed: UInt64) throws(TrainingError) -> [MixtureComponent] {
        let centres = try spreadCentres(seed: seed)
        for code in 0..<count {
            var nearest = 0
            for k in 1..<max(requested, 1) {
                if unsafe shares.base[k * count + code] > shares.base[nearest * count + code] { nearest = k }
            }
            for k in 0..<requested { unsafe shares.base[k * count + code] = k == nearest ? 1 : 0 }
        }
        let moments = try weightedMoments()
        var pooled = [Double](repeating: 0, count: latent * latent)
        for (weight, moments) in moments where weight > 0 {
            for index in pooled.indices { pooled[index] += weight / Double(count) * moments.covariance[index] }
        }
        return zip(moments, centres).map { moments, centre in
            component(
                weight: moments.weight, mean: moments.weight > 0 ? moments.moments.mean : centre.mean,
                covariance: pooled) ?? centre
        }
    }

    /// The first centre is drawn from all codes, each further one with a probability that grows with the square of its
    /// distance from the nearest so far. Fills `shares` with −½ of the squared distances.
    private func spreadCentres(seed: UInt64) throws(TrainingError) -> [MixtureComponent] {
        let chances = RandomStream(seed: seed, domain: .shuffle, draw: .max).uniforms(row: 1, count: requested)
        var nearest = [Double](repeating: -.infinity, count: count)
        var centres: [MixtureComponent] = []
        for k in 0..<requested {
            var chosen = min(Int(chances[k] * Float(count)), count - 1)
            let total = k == 0 ? 0 : nearest.reduce(0) { $0 - $1 }
            if total > 0 {
                var left = Double(chances[k]) * total
                chosen =
                    nearest.firstIndex { distance in
                        left += distance
                        return left < 0
                    } ?? count - 1
            }
            let centre = MixtureComponent(
                at: codes.array(chosen * latent..<(chosen + 1) * latent).map(Double.init))
            try measure([centre], into: k * count)
            for code in 0..<count { nearest[code] = unsafe max(nearest[code], shares.base[k * count + code]) }
            centres.append(centre)
        }
        return centres
    }

    /// Writes ln (weight · density) of every code under `components` to `shares` from `offset` on.
    private func measure(_ components: [MixtureComponent], into offset: Int) throws(TrainingError) {
        let (codes, count, latent, shares, scratches) = (codes, count, latent, shares, scratches)
        try team.forEach((count + Self.blockRows - 1) / Self.blockRows) {
            (thread: Int, block: Int) throws(TrainingError) in
            let start = block * Self.blockRows
            for (k, component) in components.enumerated() {
                unsafe component.logDensities(
                    rows: min(Self.blockRows, count - start), z: codes.base + start * latent,
                    scratch: scratches[thread], into: shares.base + offset + k * count + start)
            }
            return true
        }
    }

    /// E: the share of each component in each code; gives the mean log-likelihood of a code.
    private func expect(_ components: [MixtureComponent]) throws(TrainingError) -> Double {
        try measure(components, into: 0)
        let (count, shares, logLikelihoods, requested) = (count, shares, logLikelihoods, requested)
        try team.forEach((count + Self.blockRows - 1) / Self.blockRows) {
            (_: Int, block: Int) throws(TrainingError) in
            let start = block * Self.blockRows
            for code in start..<min(start + Self.blockRows, count) {
                var largest = -Double.infinity
                for k in 0..<requested { largest = unsafe max(largest, shares.base[k * count + code]) }
                var sum = 0.0
                for k in 0..<requested {
                    let share = unsafe exp(shares.base[k * count + code] - largest)
                    unsafe shares.base[k * count + code] = share
                    sum += share
                }
                for k in 0..<requested { unsafe shares.base[k * count + code] /= sum }
                unsafe logLikelihoods.base[code] = largest + log(sum)
            }
            return true
        }
        var sum = 0.0
        for code in 0..<count { sum += unsafe logLikelihoods.base[code] }
        return sum / Double(count)
    }

    /// M: every component takes the moments of its share of the codes.
    private func maximise() throws(TrainingError) -> [MixtureComponent] {
        zip(try weightedMoments(), components).map { moments, old in
            // Less than a code says nothing about a covariance.
            let new =
                moments.weight < 1
                ? nil
                : component(
                    weight: moments.weight, mean: moments.moments.mean, covariance: moments.moments.covariance)
            var kept = old
            kept.weight = moments.weight / Double(count)
            return new ?? kept
        }
    }

    private func component(weight: Double, mean: [Double], covariance: [Double]) -> MixtureComponent? {
        var covariance = covariance
        for index in 0..<latent { covariance[index * latent + index] += Self.ridge }
        return MixtureComponent(weight: weight / Double(count), mean: mean, covariance: covariance)
    }

    /// Of the codes, weighted by the share of each component; and the sum of the weights. A component's sums are taken
    /// in the order of the codes.
    private func weightedMoments() throws(TrainingError) -> [(weight: Double, moments: LatentMoments)] {
        let results = Results(count: requested)
        let (codes, count, latent, shares) = (codes, count, latent, shares)
        try team.forEach(requested) { (_: Int, k: Int) throws(TrainingError) in
            var sums = [Double](repeating: 0, count: latent)
            var products = [Double](repeating: 0, count: latent * latent)
            let weights = unsafe shares.base + k * count
            unsafe LatentStatistics.addMoments(
                rows: count, latent: latent, z: codes.base, weights: weights, sums: &sums, products: &products)
            var weight = 0.0
            for code in 0..<count { weight += unsafe weights[code] }
            let moments = LatentMoments(latent: latent, weight: max(weight, 1e-300), sums: sums, products: products)
            results.values.withLock { $0[k] = (weight, moments) }
            return true
        }
        return results.values.withLock { $0.compactMap(\.self) }
    }

    /// One place for each component.
    private final class Results: Sendable {
        let values: Mutex<[(weight: Double, moments: LatentMoments)?]>

        init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }
    }
}
