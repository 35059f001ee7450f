import Testing

@testable import VAE

/// Activations that layers compute along: many rows, which are worked on in blocks and by packed products, against each
/// row alone, which is not; and fused against unfused.
@Suite struct FusedActivationTests {
    private static let rows = 40

    private static func window(_ inputs: Int, _ outputs: Int) -> ConvolutionConfiguration {
        ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: 4, stride: 2, padding: 1)
    }

    /// From 32×32 to 16×16 and back: 10 240 narrow pixels in all, and 160 000 numbers of wide images.
    private static func layers(_ activation: Activation) -> [LayerConfiguration] {
        [
            .conv2d(window(4, 5)), .activation(activation), .convTranspose2d(window(5, 4), outputPadding: 0),
            .activation(activation), .conv2d(window(4, 3)), .activation(activation), .flatten,
            .linear(inputs: 768, outputs: 20), .activation(activation), .linear(inputs: 20, outputs: 512),
            .activation(activation), .unflatten([2, 16, 16]), .convTranspose2d(window(2, 1), outputPadding: 0),
        ]
    }

    private struct Pass {
        let y, dx, gradient: [Float]
    }

    private static func run(
        _ network: Network, rows: Range<Int>, x: FloatBuffer, parameters: FloatBuffer, dy: FloatBuffer
    ) throws -> Pass {
        let training = try TrainingNetwork(network, parameterOffset: 0, maximumRows: rows.count)
        let (inputs, outputs) = (network.inputShape.elementCount, network.outputShape.elementCount)
        let gradient = FloatBuffer.noise(parameters.count, seed: 4)
        let y = try unsafe training.forward(
            rows: rows.count, input: x.base + rows.lowerBound * inputs, parameters: parameters.base)
        let given = unsafe Array(UnsafeBufferPointer(start: y, count: rows.count * outputs))
        let dx = try unsafe training.backward(
            rows: rows.count, input: x.base + rows.lowerBound * inputs, parameters: parameters.base,
            outputGradient: dy.base + rows.lowerBound * outputs, parameterGradient: gradient.base,
            needsInputGradient: true)
        return Pass(
            y: given, dx: unsafe Array(UnsafeBufferPointer(start: dx, count: rows.count * inputs)),
            gradient: gradient.array())
    }

    private static func expect(
        _ found: [Float], _ expected: [Float], _ what: String, tolerance: Float = 1e-5,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let scale = expected.reduce(0) { max($0, abs($1)) }
        let worst = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(
            found.count == expected.count && scale > 0 && worst <= tolerance * scale,
            "\(what): \(worst) of \(scale)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [Activation.relu, .tanh, .sigmoid, .leakyReLU(slope: 0.1), .leakyReLU(slope: -0.2), .silu])
    func manyRowsAreAsEachAlone(activation: Activation) throws {
        KernelThread.begin()
        let network = try Network(Self.layers(activation), inputShape: [4, 32, 32], name: "test")
        let x = FloatBuffer.noise(Self.rows * network.inputShape.elementCount, seed: 1)
        let parameters = FloatBuffer.noise(network.parameterCount, seed: 2, scale: 0.3)
        let dy = FloatBuffer.noise(Self.rows * network.outputShape.elementCount, seed: 3)
        let together = try Self.run(network, rows: 0..<Self.rows, x: x, parameters: parameters, dy: dy)
        let alone = try (0..<Self.rows).map { row in
            try Self.run(network, rows: row..<row + 1, x: x, parameters: parameters, dy: dy)
        }
        Self.expect(together.y, alone.flatMap(\.y), "y")
        Self.expect(together.dx, alone.flatMap(\.dx), "dx")
        let sum = alone.reduce([Float](repeating: 0, count: parameters.count)) { zip($0, $1.gradient).map(+) }
        Self.expect(together.gradient, sum, "gradient")
    }

    /// A leaky ReLU of slope 1 below zero leaves everything as it is, and is computed along.
    @Test func anActivationThatDoesNothingChangesNothing() throws {
        KernelThread.begin()
        let plain = Self.layers(.leakyReLU(slope: 1)).filter { if case .activation = $0 { false } else { true } }
        let networks = try [plain, Self.layers(.leakyReLU(slope: 1))].map {
            try Network($0, inputShape: [4, 32, 32], name: "test")
        }
        let x = FloatBuffer.noise(Self.rows * 4096, seed: 1)
        let parameters = FloatBuffer.noise(networks[0].parameterCount, seed: 2, scale: 0.3)
        let dy = FloatBuffer.noise(Self.rows * networks[0].outputShape.elementCount, seed: 3)
        let passes = try networks.map {
            try Self.run($0, rows: 0..<Self.rows, x: x, parameters: parameters, dy: dy)
        }
        Self.expect(passes[1].y, passes[0].y, "y")
        Self.expect(passes[1].dx, passes[0].dx, "dx")
        Self.expect(passes[1].gradient, passes[0].gradient, "gradient")
    }

    /// A hidden NaN would be trained on for ever.
    @Test(arguments: [Activation.relu, .leakyReLU(slope: 0.1), .tanh])
    func notANumberStaysVisible(activation: Activation) throws {
        KernelThread.begin()
        let network = try Network(Self.layers(activation), inputShape: [4, 32, 32], name: "test")
        let x = FloatBuffer.noise(Self.rows * 4096, seed: 1)
        let parameters = FloatBuffer.noise(network.parameterCount, seed: 2, scale: 0.3)
        let dy = FloatBuffer.noise(Self.rows * network.outputShape.elementCount, seed: 3)
        parameters[0] = .nan
        for rows in [0..<Self.rows, 0..<1] {
            let pass = try Self.run(network, rows: rows, x: x, parameters: parameters, dy: dy)
            #expect(pass.y.contains { $0.isNaN })
        }
    }
}
