import Testing
@testable import VAE

@testable import VAETraining

/// Twenty steps of PyTorch, repeated from the same weights, data and noise (Fixtures/make_loss_curve.py).
@Suite struct LossCurveTests {
    @Test func agreesWithPyTorch() throws {
        let (steps, rows, pixels, latent) = (20, 8, 36, 3)
        let file = try SafetensorsFile(path: Fixture.path("loss_curve.safetensors"))
        func load(_ name: String, _ shape: Shape) throws -> FloatBuffer {
            let buffer = FloatBuffer(count: shape.elementCount)
            try unsafe file.copyFloats(name, shape: shape, to: buffer.base)
            return buffer
        }
        let architecture = try VAEArchitecture(.dense(input: [1, 6, 6], hidden: [16], latent: latent))
        let count = architecture.layout.count
        let parameters = FloatBuffer(count: count)
        for entry in architecture.layout.entries {
            try unsafe file.copyFloats("initial." + entry.name, shape: entry.shape, to: parameters.base + entry.offset)
        }
        let x = try load("x", [steps, rows, pixels])
        let noise = try load("noise", [steps, rows, latent])
        let curve = try load("curve", [steps, 2])

        // Two shares, as on two threads.
        let half = rows / 2
        let objective = try ObjectiveRun(architecture, ObjectiveSettings(), rows: half)
        let gradients = [FloatBuffer(count: count), FloatBuffer(count: count)]
        let firstMoment = FloatBuffer(count: count)
        let secondMoment = FloatBuffer(count: count)
        let adam = Adam(learningRate: 1e-2)
        for step in 0..<steps {
            var terms = LossTerms()
            for (share, gradient) in gradients.enumerated() {
                let row = step * rows + share * half
                let result = try objective.valueAndGradient(
                    parameters: parameters, x: FloatBuffer(x.array(row * pixels..<(row + half) * pixels)),
                    noise: FloatBuffer(noise.array(row * latent..<(row + half) * latent)), total: rows)
                terms += result.terms
                gradient.copy(from: result.gradient)
            }
            let skipped = adam.step(
                UInt64(step + 1), range: 0..<count, gradients: gradients, weights: parameters,
                firstMoment: firstMoment, secondMoment: secondMoment)
            #expect(skipped == 0)
            #expect(abs(terms.means.reconstruction - Double(curve[2 * step])) < 1e-4)
            #expect(abs(terms.means.kl - Double(curve[2 * step + 1])) < 1e-4)
        }
        for entry in architecture.layout.entries {
            let expected = try load("final." + entry.name, entry.shape)
            for index in 0..<entry.count {
                #expect(abs(parameters[entry.offset + index] - expected[index]) < 1e-4, "\(entry.name) \(index)")
            }
        }
    }
}
