import Glibc
import Testing

@testable import VAE
@testable import VAETraining

@Suite struct MixtureFitTests {
    /// Three Gaussians in the plane: shares, means and Cholesky factors.
    private static let truth: [(share: Double, mean: [Double], cholesky: [Double])] = [
        (0.5, [0, 0], [1, 0, 0.6, 0.8]), (0.3, [6, -2], [0.5, 0, 0, 2]), (0.2, [-4, 5], [1.5, 0, -1, 0.4]),
    ]
    private static let count = 6000

    /// Codes drawn from `truth`, component by component in turn.
    private static func codes() -> FloatBuffer {
        let noise = FloatBuffer(count: count * 2)
        unsafe RandomStream(seed: 3, domain: .prior).normals(rows: count, width: 2, into: noise.base)
        let codes = FloatBuffer(count: count * 2)
        for code in 0..<count {
            let part = truth[code % 10 < 5 ? 0 : code % 10 < 8 ? 1 : 2]
            let (a, b) = (Double(noise[2 * code]), Double(noise[2 * code + 1]))
            codes[2 * code] = Float(part.mean[0] + part.cholesky[0] * a)
            codes[2 * code + 1] = Float(part.mean[1] + part.cholesky[2] * a + part.cholesky[3] * b)
        }
        return codes
    }

    private func fit(_ components: Int, threads: Int = 2) throws -> MixtureFit {
        let fit = MixtureFit(
            Self.codes(), count: Self.count, latent: 2, components: components, team: try ThreadTeam(count: threads))
        #expect(try fit.run(seed: 1))
        return fit
    }

    @Test func findsAKnownMixture() throws {
        let found = try fit(3).components.sorted { $0.weight > $1.weight }
        for (component, truth) in zip(found, Self.truth) {
            #expect(abs(component.weight - truth.share) < 0.01)
            for axis in 0..<2 { #expect(abs(component.mean[axis] - truth.mean[axis]) < 0.15) }
            for index in [0, 2, 3] { #expect(abs(component.cholesky[index] - truth.cholesky[index]) < 0.1) }
            #expect(component.cholesky[1] == 0)
        }
    }

    /// The maximum is above the likelihood of what the codes were drawn from, and not far above.
    @Test func isAtLeastAsLikelyAsTheTruth() throws {
        let codes = Self.codes()
        var sum = 0.0
        for code in 0..<Self.count {
            let density = Self.truth.reduce(0.0) { density, part in
                let a = (Double(codes[2 * code]) - part.mean[0]) / part.cholesky[0]
                let b = (Double(codes[2 * code + 1]) - part.mean[1] - part.cholesky[2] * a) / part.cholesky[3]
                return density + part.share * exp(-0.5 * (a * a + b * b))
                    / (2 * Double.pi * part.cholesky[0] * part.cholesky[3])
            }
            sum += log(density)
        }
        let truth = sum / Double(Self.count)
        let found = try fit(3).logLikelihood
        #expect(found > truth && found < truth + 0.01, "\(found), \(truth)")
    }

    @Test(arguments: [1, 3, 8]) func likelihoodRisesInEveryRound(components: Int) throws {
        let history = try fit(components).history
        #expect(components == 1 || history.count > 2)
        for (before, after) in zip(history, history.dropFirst()) { #expect(after > before) }
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() throws {
        let (alone, shared) = try (fit(5, threads: 1), fit(5, threads: 3))
        #expect(try alone.mixture() == shared.mixture())
        #expect(alone.history == shared.history)
    }

    /// One Gaussian has a closed form: the moments.
    @Test func oneComponentHasTheMoments() throws {
        let component = try #require(try fit(1).components.first)
        let moments = LatentMoments(Self.codes(), count: Self.count, latent: 2)
        for axis in 0..<2 { #expect(abs(component.mean[axis] - moments.mean[axis]) < 1e-9) }
        let variance = component.cholesky[2] * component.cholesky[2] + component.cholesky[3] * component.cholesky[3]
        #expect(abs(variance - moments.covariance[3] - MixtureFit.ridge) < 1e-9)
    }

    /// Equal codes are no reason to divide by zero: the ridge is all the width there is.
    @Test func equalCodesGiveAMixture() throws {
        let codes = FloatBuffer([Float](repeating: 1.5, count: 200))
        let fit = MixtureFit(codes, count: 100, latent: 2, components: 4, team: try ThreadTeam(count: 1))
        #expect(try fit.run(seed: 1))
        let mixture = try fit.mixture()
        #expect(mixture.weights.allSatisfy(\.isFinite) && mixture.means.allSatisfy { abs($0 - 1.5) < 1e-6 })
        #expect(abs(mixture.cholesky[0] - 1e-3) < 1e-6)
    }

    /// As many components as there are codes would say nothing.
    @Test func fewCodesGetFewComponents() throws {
        let codes = FloatBuffer((0..<26).map { Float(sin(Double($0))) })
        let fit = MixtureFit(codes, count: 13, latent: 2, components: 10, team: try ThreadTeam(count: 1))
        #expect(try fit.run(seed: 1))
        #expect(fit.components.count == 2)
    }

    @Test func stopsWhenToldTo() throws {
        let fit = MixtureFit(
            Self.codes(), count: Self.count, latent: 2, components: 3, team: try ThreadTeam(count: 1))
        #expect(try !fit.run(seed: 1, shouldStop: { true }))
    }

    /// The kernel against the formula, around its blocks of 64 points.
    @Test(arguments: [(1, 1), (63, 2), (64, 5), (65, 17), (130, 40)]) func densities(rows: Int, latent: Int) {
        let random = RandomStream(seed: 4, domain: .dataset)
        let z = FloatBuffer(random.uniforms(row: 0, count: rows * latent))
        let mean = random.uniforms(row: 1, count: latent).map(Double.init)
        let whitening = random.uniforms(row: 2, count: latent * latent).map(Double.init)
        var scratch = [Double](repeating: .nan, count: LatentStatistics.scratchCount(latent: latent))
        var found = [Double](repeating: 0, count: rows)
        unsafe LatentStatistics.logDensities(
            rows: rows, latent: latent, z: z.base, mean: mean, whitening: whitening, constant: -3, scratch: &scratch,
            into: &found)
        for row in 0..<rows {
            var squares = 0.0
            for i in 0..<latent {
                var sum = 0.0
                for j in 0...i { sum += whitening[i * latent + j] * (Double(z[row * latent + j]) - mean[j]) }
                squares += sum * sum
            }
            #expect(abs(found[row] + 3 + 0.5 * squares) < 1e-12 * max(squares, 1))
        }
    }
}
