import Glibc
import Testing

@testable import VAE

/// Every activation: values, gradient, and what NaN does.
@Suite struct ActivationTests {
    static let all: [Activation] = [.relu, .tanh, .sigmoid, .leakyReLU(slope: 0.2), .leakyReLU(slope: -0.5), .silu]

    /// Its definition, in double.
    static func value(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .relu: max(0, x)
        case .tanh: tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
        case .silu: x / (1 + exp(-x))
        }
    }

    private func forward(_ activation: Activation, _ x: FloatBuffer) throws -> FloatBuffer {
        let y = FloatBuffer(count: x.count)
        let kernel = ActivationLayer(activation: activation, inputShape: [x.count]).makeTrainingKernel()
        try unsafe kernel.forward(rows: 1, input: x.base, parameters: y.base, output: y.base)
        return y
    }

    /// Two units in the last place of float32, relative to the value: small results count too.
    @Test(arguments: all) func agreesWithItsDefinition(activation: Activation) throws {
        let grid = stride(from: Float(-30), through: 30, by: 0.0625).map { $0 }
        let small: [Float] = [1e-30, 1e-10, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.6249, 0.6251]
        let x = FloatBuffer(grid + small + small.map { -$0 })
        let y = try forward(activation, x)
        for index in 0..<x.count {
            let expected = Self.value(activation, Double(x[index]))
            #expect(abs(Double(y[index]) - expected) <= 3e-7 * abs(expected), "\(activation)(\(x[index]))")
        }
    }

    @Test(arguments: all) func staysFiniteFarOut(activation: Activation) throws {
        let x = FloatBuffer([-1e30, -1000, -100, -88, 88, 100, 1000, 1e30])
        let y = try forward(activation, x)
        for index in 0..<x.count {
            let expected = Self.value(activation, Double(x[index]))
            #expect(abs(Double(y[index]) - expected) <= 1e-6 * max(1, abs(expected)), "\(activation)(\(x[index]))")
        }
    }

    @Test(arguments: all) func keepsNaN(activation: Activation) throws {
        let y = try forward(activation, FloatBuffer([.nan, 1]))
        #expect(y[0].isNaN)
        #expect(!y[1].isNaN)
    }

    /// Points keep away from the kink of the piecewise ones.
    @Test(arguments: all) func gradientIsTheFiniteDifference(activation: Activation) throws {
        let x = FloatBuffer(stride(from: Float(-4), through: 4, by: 0.25).filter { $0 != 0 })
        let weights = FloatBuffer.noise(x.count, seed: 1)
        let kernel = ActivationLayer(activation: activation, inputShape: [x.count]).makeTrainingKernel()
        let y = FloatBuffer(count: x.count)
        func loss() throws -> Double {
            try unsafe kernel.forward(rows: 1, input: x.base, parameters: x.base, output: y.base)
            return y.dot(weights)
        }
        _ = try loss()
        let gradient = FloatBuffer(count: x.count)
        try unsafe kernel.backward(
            rows: 1, input: x.base, output: y.base, parameters: x.base, outputGradient: weights.base,
            inputGradient: gradient.base, parameterGradient: gradient.base)
        let inPlace = FloatBuffer(weights.array())
        try unsafe kernel.backward(
            rows: 1, input: x.base, output: y.base, parameters: x.base, outputGradient: inPlace.base,
            inputGradient: inPlace.base, parameterGradient: gradient.base)
        #expect(inPlace.hasSameBits(as: gradient, count: x.count))
        try FiniteDifference.expect(gradient, toBeDerivativeOf: loss, by: x, "\(activation)")
    }
}
