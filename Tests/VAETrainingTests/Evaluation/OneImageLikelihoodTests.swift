import Glibc
import Testing
import VAE

/// The kernel for many rows against one image gives what the kernel for a batch of images gives, and what the formula
/// gives in double precision.
@Suite struct OneImageLikelihoodTests {
    /// Around the kernel's pieces of 256 and the 1024 factors of a product.
    @Test(arguments: [1, 15, 16, 17, 255, 256, 257, 784, 1023, 1024, 1025, 2500])
    func agreesWithTheFormula(width: Int) {
        let rows = 3
        let random = RandomStream(seed: 8, domain: .dataset)
        // Logits from beyond saturation to nearly nothing; the first row's are 0, where every factor is the largest.
        let logits = random.uniforms(row: 1, count: rows * width).enumerated().map { index, u in
            index < width ? 0 : index % 7 == 0 ? 240 * (u - 0.5) : 12 * (u - 0.5)
        }
        let decoded = FloatBuffer(logits)
        let x = FloatBuffer(random.uniforms(row: 2, count: width).map { $0 < 0.3 ? 0 : $0 > 0.7 ? 1 : $0 })
        let found = FloatBuffer(count: rows)
        unsafe Likelihood.bernoulli.negativeLogLikelihood(
            ofOne: x.base, rows: rows, width: width, decoded: decoded.base, logScale: 0, into: found.base)
        let repeated = FloatBuffer((0..<rows).flatMap { _ in x.array() })
        let batch = FloatBuffer(count: rows)
        unsafe Likelihood.bernoulli.negativeLogLikelihood(
            rows: rows, width: width, decoded: decoded.base, x: repeated.base, logScale: 0, into: batch.base)
        for row in 0..<rows {
            var expected = 0.0
            for pixel in 0..<width {
                let a = Double(decoded[row * width + pixel])
                expected += max(a, 0) - a * Double(x[pixel]) + log1p(exp(-abs(a)))
            }
            #expect(abs(Double(found[row]) - expected) < 1e-6 * max(expected, 1), "row \(row)")
            #expect(abs(Double(batch[row]) - expected) < 2e-6 * max(expected, 1), "row \(row)")
        }
    }

    @Test func whatIsNoNumberStaysSo() {
        let decoded = FloatBuffer([0.5, .nan, 0.5])
        let x = FloatBuffer([1, 0, 1] as [Float])
        let nll = FloatBuffer(count: 1)
        unsafe Likelihood.bernoulli.negativeLogLikelihood(
            ofOne: x.base, rows: 1, width: 3, decoded: decoded.base, logScale: 0, into: nll.base)
        #expect(nll[0].isNaN)
    }
}
