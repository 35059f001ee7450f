import Testing

@testable import VAE

/// Convolutions and transposed ones in training: against plain loops in double, finite differences, and PyTorch.
@Suite struct ConvolutionTests {
    /// One layer as a network, which takes and gives rows `[C, H, W]`, with weights and a batch.
    private struct Setup {
        let layer: LayerConfiguration
        let rows: Int
        let reference: ReferenceConvolution
        let network: TrainingNetwork
        let x, parameters, dy: FloatBuffer
        let weightCount: Int

        init(_ layer: LayerConfiguration, _ input: Shape, rows: Int) throws {
            KernelThread.begin()
            self.layer = layer
            self.rows = rows
            let described = try Network([layer], inputShape: input, name: "test")
            network = try TrainingNetwork(described, parameterOffset: 0, maximumRows: rows)
            x = .noise(rows * input.elementCount, seed: 1)
            parameters = .noise(described.parameterCount, seed: 2, scale: 0.5)
            dy = .noise(rows * described.outputShape.elementCount, seed: 3)
            switch layer {
            case .conv2d(let configuration):
                let geometry = try ConvolutionGeometry(convolving: input, configuration)
                reference = ReferenceConvolution(geometry: geometry, isTransposed: false)
            case .convTranspose2d(let configuration, let outputPadding):
                let geometry = try ConvolutionGeometry(
                    transposing: input, configuration, outputPadding: outputPadding)
                reference = ReferenceConvolution(geometry: geometry, isTransposed: true)
            default: preconditionFailure("\(layer) is no convolution")
            }
            weightCount = parameters.count - reference.geometry.configuration.outputs
        }

        var weight: [Float] { parameters.array(0..<weightCount) }
        var bias: [Float] { parameters.array(weightCount..<parameters.count) }

        func forward(rows: Int? = nil) throws -> [Float] {
            let rows = rows ?? self.rows
            let y = try unsafe network.forward(rows: rows, input: x.base, parameters: parameters.base)
            return unsafe Array(UnsafeBufferPointer(start: y, count: dy.count / self.rows * rows))
        }

        /// dx, and the gradients of weight and bias; all memory holds noise before.
        func backward(rows: Int? = nil) throws -> (dx: [Float], parameters: FloatBuffer) {
            let rows = rows ?? self.rows
            let gradient = FloatBuffer.noise(parameters.count, seed: 4)
            let dx = try unsafe network.backward(
                rows: rows, input: x.base, parameters: parameters.base, outputGradient: dy.base,
                parameterGradient: gradient.base, needsInputGradient: true)
            return (unsafe Array(UnsafeBufferPointer(start: dx, count: x.count / self.rows * rows)), gradient)
        }
    }

    private static func window(
        _ inputs: Int, _ outputs: Int, _ kernel: Int, _ stride: Int, _ padding: Int
    ) -> ConvolutionConfiguration {
        ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, padding: padding)
    }

    /// Channels around the widths of vectors; windows that overlap, touch, leave gaps, and do not reach the border.
    private static let layers: [(LayerConfiguration, Shape)] = [
        (.conv2d(window(1, 32, 4, 2, 1)), [1, 8, 8]), (.conv2d(window(32, 32, 4, 2, 1)), [32, 4, 6]),
        (.conv2d(window(3, 5, 3, 1, 1)), [3, 7, 6]), (.conv2d(window(17, 33, 3, 1, 0)), [17, 4, 3]),
        (.conv2d(window(2, 3, 3, 2, 0)), [2, 6, 5]), (.conv2d(window(4, 18, 2, 3, 0)), [4, 9, 7]),
        (.conv2d(window(1, 1, 1, 1, 0)), [1, 3, 3]), (.conv2d(window(6, 7, 5, 4, 4)), [6, 5, 9]),
        (.conv2d(window(8, 2, 16, 8, 15)), [8, 3, 4]), (.conv2d(window(5, 4, 3, 1, 0)), [5, 3, 3]),
        (.convTranspose2d(window(32, 1, 4, 2, 1)), [32, 4, 4]),
        (.convTranspose2d(window(16, 32, 4, 2, 1)), [16, 3, 2]),
        (.convTranspose2d(window(5, 3, 3, 1, 1)), [5, 4, 5]), (.convTranspose2d(window(33, 17, 3, 1, 0)), [33, 3, 2]),
        (.convTranspose2d(window(3, 2, 3, 2, 1), outputPadding: 1), [3, 3, 4]),
        (.convTranspose2d(window(18, 5, 2, 3, 0), outputPadding: 2), [18, 2, 3]),
        (.convTranspose2d(window(2, 8, 5, 2, 4), outputPadding: 1), [2, 3, 3]),
        (.convTranspose2d(window(1, 1, 1, 1, 0)), [1, 3, 3]), (.convTranspose2d(window(4, 6, 16, 8, 3)), [4, 2, 1]),
        (.convTranspose2d(window(7, 4, 1, 2, 0), outputPadding: 1), [7, 2, 2]),
    ]

    @Test(arguments: layers.indices) func agreesWithPlainLoops(index: Int) throws {
        let (layer, input) = Self.layers[index]
        let setup = try Setup(layer, input, rows: 3)
        let expected = setup.reference.forward(x: setup.x.array(), weight: setup.weight, bias: setup.bias)
        #expect(largestDifference(try setup.forward(), expected.map { Float($0) }) <= 2e-5, "\(layer): y")
        let back = setup.reference.backward(x: setup.x.array(), weight: setup.weight, dy: setup.dy.array())
        let found = try setup.backward()
        #expect(largestDifference(found.dx, back.dx.map { Float($0) }) <= 2e-5, "\(layer): dx")
        let parameters = (back.dweight + back.dbias).map { Float($0) }
        #expect(largestDifference(found.parameters.array(), parameters) <= 2e-5, "\(layer): dweight, dbias")
    }

    @Test(arguments: [2, 4, 14, 16]) func gradientsAreTheFiniteDifferences(index: Int) throws {
        let (layer, input) = Self.layers[index]
        let setup = try Setup(layer, input, rows: 2)
        func loss() throws -> Double {
            zip(try setup.forward(), setup.dy.array()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        _ = try loss()
        let found = try setup.backward()
        try FiniteDifference.expect(FloatBuffer(found.dx), toBeDerivativeOf: loss, by: setup.x, "\(layer) x")
        try FiniteDifference.expect(found.parameters, toBeDerivativeOf: loss, by: setup.parameters, "\(layer)")
    }

    /// More row counts than a plan remembers, there and back: forward and backward, for which other products are made.
    @Test(arguments: [1, 10, 11, 15]) func rowCountsMayAlternate(index: Int) throws {
        let (layer, input) = Self.layers[index]
        let setup = try Setup(layer, input, rows: 9)
        let y = try setup.forward()
        for rows in [1, 9, 2, 8, 3, 7, 4, 9, 1] {
            let part = try setup.forward(rows: rows)
            #expect(largestDifference(part, Array(y.prefix(part.count))) < 1e-5, "\(rows) rows")
            let x = setup.x.array(0..<setup.x.count / 9 * rows)
            let expected = setup.reference.backward(
                x: x, weight: setup.weight, dy: setup.dy.array(0..<setup.dy.count / 9 * rows))
            let found = try setup.backward(rows: rows)
            #expect(largestDifference(found.dx, expected.dx.map { Float($0) }) <= 2e-5, "\(rows) rows")
            let parameters = (expected.dweight + expected.dbias).map { Float($0) }
            #expect(largestDifference(found.parameters.array(), parameters) <= 2e-5, "\(rows) rows")
        }
    }

    @Test(arguments: [0, 10]) func noRowsGiveZeroGradients(index: Int) throws {
        let (layer, input) = Self.layers[index]
        let setup = try Setup(layer, input, rows: 1)
        #expect(try setup.forward(rows: 0).isEmpty)
        #expect(try setup.backward(rows: 0).parameters.array().allSatisfy { $0 == 0 })
    }

    /// Between convolutions images lie channels last; wherever that shows, they must be turned around.
    @Test func layoutsMeetAsTheShapesSay() throws {
        KernelThread.begin()
        let layers: [LayerConfiguration] = [
            .activation(.tanh), .conv2d(Self.window(3, 4, 3, 1, 1)), .activation(.sigmoid), .flatten,
            .unflatten([4, 2, 6]), .activation(.tanh), .unflatten([6, 2, 4]), .conv2d(Self.window(6, 5, 1, 1, 0)),
            .linear(inputs: 40, outputs: 24), .unflatten([24, 1, 1]), .convTranspose2d(Self.window(24, 2, 2, 1, 0)),
            .activation(.tanh),
        ]
        let described = try Network(layers, inputShape: [3, 3, 4], name: "test")
        let network = try TrainingNetwork(described, parameterOffset: 0, maximumRows: 2)
        let parameters = FloatBuffer.noise(described.parameterCount, seed: 1, scale: 0.2)
        let x = FloatBuffer.noise(2 * 36, seed: 2)
        let y = try unsafe network.forward(rows: 2, input: x.base, parameters: parameters.base)
        let expected = Self.plainly(described, x: x.array(), parameters: parameters.array())
        let found = unsafe Array(UnsafeBufferPointer(start: y, count: 2 * 8))
        #expect(largestDifference(found, expected) <= 1e-5)

        let weights = FloatBuffer.noise(found.count, seed: 3)
        let gradient = FloatBuffer.noise(parameters.count, seed: 4)
        let dx = try unsafe network.backward(
            rows: 2, input: x.base, parameters: parameters.base, outputGradient: weights.base,
            parameterGradient: gradient.base, needsInputGradient: true)
        let inputGradient = FloatBuffer(unsafe Array(UnsafeBufferPointer(start: dx, count: x.count)))
        func loss() throws -> Double {
            let y = try unsafe network.forward(rows: 2, input: x.base, parameters: parameters.base)
            return (0..<weights.count).reduce(0) { unsafe $0 + Double(y[$1]) * Double(weights[$1]) }
        }
        try FiniteDifference.expect(inputGradient, toBeDerivativeOf: loss, by: x, "x")
        try FiniteDifference.expect(gradient, toBeDerivativeOf: loss, by: parameters, "parameters")
    }

    /// Layer by layer in plain loops, always channels first.
    private static func plainly(_ network: Network, x: [Float], parameters: [Float]) -> [Float] {
        var values = x
        var rest = parameters[...]
        for (_, layer) in network.layers {
            let own = Array(rest.prefix(layer.parameterCount))
            rest = rest.dropFirst(layer.parameterCount)
            let weights = layer.parameters.first?.shape.elementCount ?? 0
            let (weight, bias) = (Array(own[..<weights]), Array(own[weights...]))
            switch layer {
            case let layer as ActivationLayer:
                values = values.map { Float(ActivationTests.value(layer.activation, Double($0))) }
            case let layer as Convolution:
                let reference = ReferenceConvolution(geometry: layer.geometry, isTransposed: layer.isTransposed)
                values = reference.forward(x: values, weight: weight, bias: bias).map { Float($0) }
            case let layer as Linear:
                values = stride(from: 0, to: values.count, by: layer.inputs).flatMap { row in
                    (0..<layer.outputs).map { output in
                        (0..<layer.inputs).reduce(bias[output]) {
                            $0 + values[row + $1] * weight[output * layer.inputs + $1]
                        }
                    }
                }
            default: preconditionFailure("\(layer) has no plain form here")
            }
        }
        return values
    }
}
