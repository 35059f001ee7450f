import Glibc
import Synchronization
import Testing
import VAE

@testable import VAETraining

@Suite struct LogLikelihoodEstimatorTests {
    /// 40 images of 4 × 4 pixels.
    private let images: BinarisedImages
    private let model: VAEModel

    /// A model with one latent dimension and random weights, so that ∫ p(x|z) p(z) dz can be done by quadrature.
    init() throws {
        let random = RandomStream(seed: 6, domain: .initialisation)
        let pixels = random.uniforms(row: 0, count: 40 * 16).map { UInt8(255 * $0) }
        images = BinarisedImages(ImageDataset(shape: [1, 4, 4], pixels: pixels), seed: 1)
        let architecture = try VAEArchitecture(.dense(input: [1, 4, 4], hidden: [7], latent: 1, activation: .tanh))
        let parameters = FloatBuffer(random.uniforms(row: 1, count: architecture.layout.count).map { 3 * $0 - 1.5 })
        // A posterior not far from the prior, so that no weight is very large and errors are close to normal.
        for entry in architecture.layout.entries where entry.name.hasPrefix("mu") || entry.name.hasPrefix("sigma") {
            for index in entry.offset..<entry.offset + entry.count { parameters[index] *= 0.1 }
        }
        model = try VAEModel(architecture, parameters: parameters)
    }

    /// ln p(x) by the trapezoidal rule over z in ±9, which is exact to rounding for so smooth an integrand.
    private func exact(image: Int) throws -> Double {
        let step = 1.0 / 128
        let grid = (-1152...1152).map { Float(Double($0) * step) }
        // A variable of its own: a buffer that is only named in the call may be freed before the call.
        let (codes, decoded) = (FloatBuffer(grid), FloatBuffer(count: grid.count * 16))
        try unsafe VAESession(model).decode(rows: grid.count, z: codes.base, into: decoded.base)
        let x = FloatBuffer(count: 16)
        try unsafe images.copy(image..<image + 1, into: x.base)
        var sum = 0.0
        for (point, z) in grid.enumerated() {
            var logDensity = -0.5 * Double(z) * Double(z) - 0.5 * log(2 * Double.pi)
            for pixel in 0..<16 {
                let a = Double(decoded[point * 16 + pixel])
                logDensity -= max(a, 0) - a * Double(x[pixel]) + log1p(exp(-abs(a)))
            }
            sum += exp(logDensity) * step
        }
        return log(sum)
    }

    /// The error of one image's estimate has variance 1/ESS − 1/k, to first order.
    @Test func agreesWithQuadrature() throws {
        let k = 3000
        let result = try LogLikelihoodEstimator(model, samples: k, seed: 2, threads: 2).estimate(images, count: 40)
        #expect(result.estimates.count == 40)
        var squares = 0.0
        for (image, estimate) in result.estimates.enumerated() {
            let deviation = (1 / estimate.effectiveSampleSize - 1 / Double(k)).squareRoot()
            let error = try (estimate.bound - exact(image: image)) / deviation
            #expect(abs(error) < 4.5, "image \(image): \(error) standard deviations off")
            squares += error * error
        }
        // χ² of 40 degrees of freedom: 15…77 but for one run in a thousand on either side.
        #expect(squares > 15 && squares < 77, "\(squares)")
    }

    /// L_k rises with k towards ln p(x).
    @Test func boundsRiseWithTheNumberOfSamples() throws {
        let truth = try (0..<40).reduce(0) { try $0 + exact(image: $1) } / 40
        func nll(_ k: Int) throws -> Double {
            try (1...10).reduce(0) { sum, seed in
                let result = try LogLikelihoodEstimator(model, samples: k, seed: UInt64(seed), threads: 1)
                    .estimate(images, count: 40)
                return sum + result.negativeLogLikelihood / 10
            }
        }
        let (one, five, fifty) = try (nll(1), nll(5), nll(50))
        #expect(one > five + 0.1 && five > fifty + 0.1 && abs(fifty + truth) < 0.1)
    }

    @Test func anyNumberOfThreadsGivesTheSameBits() throws {
        func estimates(_ threads: Int) throws -> [ImportanceEstimate] {
            try LogLikelihoodEstimator(model, samples: 300, seed: 4, threads: threads)
                .estimate(images, count: 33).estimates
        }
        let alone = try estimates(1)
        #expect(alone.count == 33)
        #expect(try estimates(2) == alone)
        #expect(try estimates(5) == alone)
    }

    /// More samples begin with the samples of fewer: k = 1 is the first weight.
    @Test func samplesDependOnTheirNumberOnly() throws {
        func first(_ k: Int) throws -> ImportanceEstimate {
            try LogLikelihoodEstimator(model, samples: k, seed: 4, threads: 1).estimate(images, count: 1).estimates[0]
        }
        #expect(try first(1).effectiveSampleSize == 1)
        #expect(try first(1).bound != first(2).bound)
        #expect(try first(129).bound != first(128).bound)
    }

    @Test func stopsWhenToldTo() throws {
        let asked = Atomic<Int>(0)
        let told = Mutex<[Int]>([])
        let result = try LogLikelihoodEstimator(model, samples: 100, seed: 1, threads: 1).estimate(images, count: 40) {
            done in
            told.withLock { $0.append(done) }
        } shouldStop: {
            asked.wrappingAdd(1, ordering: .relaxed).newValue > 21
        }
        #expect((1..<40).contains(result.estimates.count))
        #expect(told.withLock { $0 } == Array(1...result.estimates.count))
    }

    @Test(arguments: [0, -1, LogLikelihoodEstimator.maximumSamples + 1]) func refusesImpossibleNumbers(samples: Int) {
        #expect(throws: TrainingError.self) {
            _ = try LogLikelihoodEstimator(model, samples: samples, seed: 1, threads: 1)
        }
    }
}
