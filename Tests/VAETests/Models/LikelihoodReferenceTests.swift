import Testing

@testable import VAE

/// Every likelihood as PyTorch computes it in float64: numbers made by `Fixtures/make_likelihoods.py`, with x at 0 and 1,
/// logits of ±40 and about 0, and scales from 0.001 to 30.
@Suite struct LikelihoodReferenceTests {
    private static let (rows, width) = (4, 37)
    private static let caseCount = 13

    /// Tensors `number.…` of the reference, and the likelihood they are of.
    private struct Reference {
        let likelihood: Likelihood
        private let file: SafetensorsFile
        private let number: Int

        init(_ number: Int) throws {
            file = try SafetensorsFile(path: CommittedFile.path("likelihoods.safetensors"))
            let cases = try CanonicalJSON.decode([Likelihood].self, from: file.metadata["cases"] ?? "")
            #expect(cases.count == caseCount)
            likelihood = cases[number]
            self.number = number
        }

        func tensor(_ name: String, _ shape: Shape) throws -> FloatBuffer {
            let buffer = FloatBuffer(count: shape.elementCount)
            try unsafe file.copyFloats("\(number).\(name)", shape: shape, to: buffer.base)
            return buffer
        }
    }

    /// Relative to the value, or to a hundredth of the largest where the value is the difference of larger ones.
    private func expect(
        _ found: FloatBuffer, toBe expected: FloatBuffer, _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let floor = expected.array().map { abs(Double($0)) }.max()! / 100
        for index in 0..<expected.count {
            let (value, reference) = (Double(found[index]), Double(expected[index]))
            #expect(
                abs(value - reference) <= 1e-5 * max(abs(reference), floor),
                "\(name)[\(index)]: \(value), \(reference)",
                sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: 0..<caseCount) func agreesWithPyTorch(number: Int) throws {
        let (rows, width, reference) = (Self.rows, Self.width, try Reference(number))
        let likelihood = reference.likelihood
        let decoded = try reference.tensor("decoded", [rows, width])
        let x = try reference.tensor("x", [rows, width])
        let logScale = try reference.tensor("log_scale", [1])[0]
        let (nll, alone, scaleGradient) = (FloatBuffer(count: rows), FloatBuffer(count: rows), FloatBuffer(count: rows))
        let (gradient, mean) = (FloatBuffer(count: rows * width), FloatBuffer(count: rows * width))
        unsafe likelihood.negativeLogLikelihood(
            rows: rows, width: width, decoded: decoded.base, x: x.base, logScale: logScale, into: alone.base)
        unsafe likelihood.negativeLogLikelihoodAndGradient(
            rows: rows, width: width, decoded: decoded.base, x: x.base, logScale: logScale, scale: 1, into: nll.base,
            gradient: gradient.base, logScaleGradient: scaleGradient.base)
        unsafe likelihood.mean(count: rows * width, width: width, decoded: decoded.base, into: mean.base)

        let name = likelihood.description
        expect(alone, toBe: try reference.tensor("nll", [rows]), "\(name), −ln p alone")
        expect(nll, toBe: try reference.tensor("nll", [rows]), "\(name), −ln p")
        expect(gradient, toBe: try reference.tensor("gradient", [rows, width]), "\(name), gradient")
        expect(mean, toBe: try reference.tensor("mean", [rows, width]), "\(name), mean")
        expect(
            scaleGradient, toBe: try reference.tensor("log_scale_gradient", [rows]), "\(name), gradient by ln scale")
    }
}
