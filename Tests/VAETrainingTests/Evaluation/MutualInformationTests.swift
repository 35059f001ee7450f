import Glibc
import Testing

@testable import VAE
@testable import VAETraining

/// What codes tell about images and their factors, on posteriors for which it is known.
@Suite struct MutualInformationTests {
    private static let count = 600

    /// Posteriors with the given means and one variance; z is drawn from them.
    private func images(variance: Float, latent: Int, _ mean: (_ image: Int, _ dimension: Int) -> Float) throws
        -> EncodedImages
    {
        let architecture = try VAEArchitecture(.dense(input: [1, 2, 2], hidden: [], latent: latent))
        let images = EncodedImages(
            numbers: Array(0..<UInt32(Self.count)), posterior: architecture.posterior, decoded: false)
        unsafe RandomStream(seed: 2, domain: .posterior).normals(rows: Self.count, width: latent, into: images.z.base)
        for image in 0..<Self.count {
            for dimension in 0..<latent {
                let index = image * latent + dimension
                images.mu[index] = mean(image, dimension)
                images.logVariance[index] = logf(variance)
                images.z[index] = images.mu[index] + variance.squareRoot() * images.z[index]
            }
        }
        return images
    }

    private func split(_ images: EncodedImages, threads: Int = 2) throws -> EvaluationRecord.KLSplit {
        try #require(try KLSplitMeasure(images: images, team: try ThreadTeam(count: threads)).measure { false })
    }

    @Test func equalPosteriorsTellNothing() throws {
        let split = try split(images(variance: 0.5, latent: 3) { _, dimension in Float(dimension) })
        #expect(abs(split.mutualInformation) < 1e-5)
        #expect(abs(split.marginalKL - split.kl) < 1e-5)
        #expect(abs(split.kl - 0.5 * (5 + 3 * (0.5 - 1 - log(0.5)))) < 1e-5)
    }

    @Test func separatePosteriorsTellTheImage() throws {
        let split = try split(images(variance: 1e-4, latent: 2) { image, _ in Float(image) })
        #expect(abs(split.mutualInformation - log(Double(Self.count))) < 1e-4)
        #expect(split.standardError < 1e-4)
    }

    /// Codes of two clouds, far apart: one bit.
    @Test func twoCloudsTellOneBit() throws {
        let found = try split(images(variance: 1, latent: 2) { image, _ in image % 2 == 0 ? 30 : -30 })
        #expect(abs(found.mutualInformation - log(2)) < 1e-4)
        #expect(
            try split(images(variance: 1, latent: 2) { image, _ in image % 2 == 0 ? 30 : -30 }, threads: 1) == found)
    }

    private static let factors = [
        ImageFactor(name: "four", values: (0..<count).map { $0 % 4 }),
        ImageFactor(name: "three", values: (0..<count).map { $0 / 4 % 3 }),
        ImageFactor(name: "constant", values: (0..<count).map { _ in 7 }),
    ]

    private func gap(_ images: EncodedImages, threads: Int = 2) throws -> EvaluationRecord.Disentanglement {
        try #require(
            try MutualInformationGap(images, factors: Self.factors).measure(team: try ThreadTeam(count: threads)))
    }

    @Test func aDimensionForEachFactorIsAGapOfOne() throws {
        let found = try gap(
            images(variance: 1e-2, latent: 3) { image, dimension in
                dimension == 2 ? 0 : Float(10 * Self.factors[dimension].values[image])
            })
        #expect(found.factors == ["four", "three"], "a factor with one value has no entropy")
        for gap in found.gaps { #expect(abs(gap - 1) < 0.02, "\(found.gaps)") }
        #expect(abs(found.mutualInformationGap - 1) < 0.02)
    }

    /// Both dimensions know both factors equally well.
    @Test func entangledDimensionsHaveNoGap() throws {
        let found = try gap(
            images(variance: 1e-2, latent: 2) { image, _ in
                Float(10 * (Self.factors[0].values[image] + 4 * Self.factors[1].values[image]))
            })
        for gap in found.gaps { #expect(abs(gap) < 0.02) }
    }

    @Test func noiseHasNoGap() throws {
        let found = try gap(images(variance: 1, latent: 3) { _, _ in 0 })
        #expect(abs(found.mutualInformationGap) < 1e-5)
        #expect(try gap(images(variance: 1, latent: 3) { _, _ in 0 }, threads: 1) == found)
    }

    /// H(z_j) of one standard Gaussian in two dimensions of factors: I(z; v) of a channel with noise, by quadrature.
    @Test func aNoisyDimensionTellsPartOfAFactor() throws {
        let images = try images(variance: 1, latent: 1) { image, _ in image % 4 < 2 ? 1 : -1 }
        let halves = [ImageFactor(name: "half", values: (0..<Self.count).map { $0 % 4 / 2 })]
        let found = try #require(
            try MutualInformationGap(images, factors: halves).measure(team: try ThreadTeam(count: 1)))
        // I of a sign sent through unit noise: ½ Σ_s ∫ N(z; s, 1) ln [2 N(z; s, 1) / Σ N] dz.
        var information = 0.0
        for step in -9000..<9000 {
            let z = (Double(step) + 0.5) * 1e-3
            let density = exp(-0.5 * (z - 1) * (z - 1)) / (2 * Double.pi).squareRoot()
            information += 1e-3 * density * (log(2) - log1p(exp(-2 * z)))
        }
        // 600 draws: four standard deviations are 0.08.
        #expect(abs(found.mutualInformationGap - information / log(2)) < 0.08)
    }
}
