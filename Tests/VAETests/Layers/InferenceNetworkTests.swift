import Testing

@testable import VAE

/// Packed weights and fused activations: the same function as in training, and the same bits for a row in any batch.
@Suite struct InferenceNetworkTests {
    private static let mostRows = 300

    /// A network with weights and an input of `mostRows` rows.
    private struct Setup {
        let network: Network
        let parameters, x: FloatBuffer
        let inference: InferenceNetwork
        let runner: InferenceRunner
        var inputs: Int { network.inputShape.elementCount }
        var outputs: Int { network.outputShape.elementCount }

        init(_ layers: [LayerConfiguration], input: Shape, precision: Precision = .f32) throws {
            network = try Network(layers, inputShape: input, name: "test")
            parameters = .noise(network.parameterCount, seed: 1, scale: 0.2)
            x = .noise(mostRows * input.elementCount, seed: 2)
            inference = try InferenceNetwork(network, parameters: parameters, precision: precision)
            runner = InferenceRunner(inference, maximumTile: inference.maximumTile)
        }

        func run(first: Int = 0, rows: Int) -> FloatBuffer {
            let y = FloatBuffer(count: max(1, rows * outputs))
            unsafe runner.run(rows: rows, input: x.base + first * inputs, output: y.base)
            return y
        }

        /// Every row on its own.
        func alone() -> FloatBuffer {
            let y = FloatBuffer(count: mostRows * outputs)
            for row in 0..<mostRows {
                unsafe runner.run(rows: 1, input: x.base + row * inputs, output: y.base + row * outputs)
            }
            return y
        }

        func trained(rows: Int) throws -> [Float] {
            KernelThread.begin()
            let training = try TrainingNetwork(network, parameterOffset: 0, maximumRows: rows)
            let y = try unsafe training.forward(rows: rows, input: x.base, parameters: parameters.base)
            return unsafe Array(UnsafeBufferPointer(start: y, count: rows * outputs))
        }
    }

    private static func hidden(_ activation: Activation) -> [LayerConfiguration] {
        [
            .flatten, .linear(inputs: 30, outputs: 37), .activation(activation), .linear(inputs: 37, outputs: 11),
            .activation(activation),
        ]
    }

    @Test(arguments: ActivationTests.all) func agreesWithTraining(activation: Activation) throws {
        let setup = try Setup(Self.hidden(activation), input: [1, 6, 5])
        #expect(setup.inference.operations.count == 2, "each activation is fused into the layer before it")
        #expect(largestDifference(setup.run(rows: 45).array(), try setup.trained(rows: 45)) <= 1e-5)
    }

    /// What a fused activation gives far from zero, where approximations are weakest.
    @Test(arguments: ActivationTests.all) func fusedActivationAgreesWithItsDefinition(activation: Activation) throws {
        let network = try Network(
            [.linear(inputs: 1, outputs: 1), .activation(activation)], inputShape: [1], name: "test")
        let inference = try InferenceNetwork(network, parameters: FloatBuffer([1, 0]))
        let runner = InferenceRunner(inference, maximumTile: 128)
        let x = FloatBuffer(stride(from: Float(-40), through: 40, by: 0.125).map { $0 } + [-1000, 1000])
        let y = FloatBuffer(count: x.count)
        unsafe runner.run(rows: x.count, input: x.base, output: y.base)
        for index in 0..<x.count {
            let expected = ActivationTests.value(activation, Double(x[index]))
            #expect(abs(Double(y[index]) - expected) <= 1e-6 * max(1, abs(expected)), "\(activation)(\(x[index]))")
        }
    }

    @Test(arguments: ActivationTests.all) func rowAloneEqualsRowInAnyBatch(activation: Activation) throws {
        let setup = try Setup(Self.hidden(activation), input: [1, 6, 5])
        let alone = setup.alone()
        for rows in 1...Self.mostRows {
            let together = setup.run(rows: rows)
            #expect(together.hasSameBits(as: alone, count: rows * setup.outputs), "\(rows) rows")
        }
        for first in 0..<20 {
            let shifted = setup.run(first: first, rows: 150)
            #expect(
                shifted.hasSameBits(as: alone, otherStart: first * setup.outputs, count: 150 * setup.outputs),
                "150 rows from \(first)")
        }
    }

    /// Widths around the sizes of vector registers, in every precision that this processor has.
    @Test(arguments: [1, 2, 3, 15, 16, 17, 63, 64, 65, 100], Precision.allCases.filter(\.isAvailable))
    func rowInvarianceForAnyWidth(width: Int, precision: Precision) throws {
        let setup = try Setup(
            [.linear(inputs: 50, outputs: width), .activation(.silu), .linear(inputs: width, outputs: 3)], input: [50],
            precision: precision)
        let alone = setup.alone()
        for rows in [1, 2, 3, 4, 7, 8, 15, 31, 33, 64, 100, 127, 128, 129, 255, 300] {
            #expect(setup.run(rows: rows).hasSameBits(as: alone, count: rows * 3), "\(rows) rows")
        }
    }

    @Test func nothingIsWrittenBehindTheLastRow() throws {
        let setup = try Setup(Self.hidden(.relu), input: [1, 6, 5])
        for rows in 0...20 {
            let guarded = FloatBuffer([Float](repeating: 7, count: (rows + 1) * setup.outputs))
            unsafe setup.runner.run(rows: rows, input: setup.x.base, output: guarded.base)
            #expect((rows * setup.outputs..<guarded.count).allSatisfy { guarded[$0] == 7 })
        }
    }

    /// Shapes of layer lists that fuse nothing, or are nothing.
    @Test(
        arguments: [
            [], [.flatten], [.activation(.tanh)], [.activation(.tanh), .activation(.silu)],
            [.activation(.relu), .linear(inputs: 30, outputs: 8), .flatten, .activation(.tanh), .activation(.sigmoid)],
        ] as [[LayerConfiguration]])
    func unfusedLayersAgreeWithTraining(layers: [LayerConfiguration]) throws {
        let setup = try Setup(layers, input: [1, 6, 5])
        let alone = setup.alone()
        for rows in [1, 5, 128, 131] {
            let found = setup.run(rows: rows)
            #expect(largestDifference(found.array(), try setup.trained(rows: rows)) <= 1e-6)
            #expect(found.hasSameBits(as: alone, count: rows * setup.outputs))
        }
    }
}
