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

        init(_ layers: [LayerConfiguration], input: Shape) throws {
            KernelThread.begin()
            network = try Network(layers, inputShape: input, name: "test")
            parameters = .noise(network.parameterCount, seed: 1, scale: 0.2)
            x = .noise(mostRows * input.elementCount, seed: 2)
            inference = try unsafe InferenceNetwork(network, parameters: parameters.base)
            runner = try InferenceRunner(inference, maximumTile: 128)
        }

        func run(first: Int = 0, rows: Int, tiles: TileSizes = .all) throws -> FloatBuffer {
            let y = FloatBuffer(count: max(1, rows * outputs))
            try unsafe runner.run(rows: rows, tiles: tiles, input: x.base + first * inputs, output: y.base)
            return y
        }

        /// Every row on its own.
        func alone(tiles: TileSizes = .all) throws -> FloatBuffer {
            let y = FloatBuffer(count: mostRows * outputs)
            for row in 0..<mostRows {
                try unsafe runner.run(
                    rows: 1, tiles: tiles, input: x.base + row * inputs, output: y.base + row * outputs)
            }
            return y
        }

        func trained(rows: Int) throws -> [Float] {
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
        #expect(largestDifference(try setup.run(rows: 45).array(), try setup.trained(rows: 45)) <= 1e-5)
    }

    /// What a fused activation gives far from zero, where approximations are weakest.
    @Test(arguments: ActivationTests.all) func fusedActivationAgreesWithItsDefinition(activation: Activation) throws {
        let network = try Network(
            [.linear(inputs: 1, outputs: 1), .activation(activation)], inputShape: [1], name: "test")
        KernelThread.begin()
        let parameters = FloatBuffer([1, 0])
        let inference = try unsafe InferenceNetwork(network, parameters: parameters.base)
        let runner = try InferenceRunner(inference, maximumTile: 128)
        let x = FloatBuffer(stride(from: Float(-40), through: 40, by: 0.125).map { $0 } + [-1000, 1000])
        let y = FloatBuffer(count: x.count)
        try unsafe runner.run(rows: x.count, tiles: .all, input: x.base, output: y.base)
        for index in 0..<x.count {
            let expected = ActivationTests.value(activation, Double(x[index]))
            #expect(abs(Double(y[index]) - expected) <= 1e-6 * max(1, abs(expected)), "\(activation)(\(x[index]))")
        }
    }

    @Test(arguments: ActivationTests.all) func rowAloneEqualsRowInAnyBatch(activation: Activation) throws {
        let setup = try Setup(Self.hidden(activation), input: [1, 6, 5])
        let alone = try setup.alone()
        for rows in 1...Self.mostRows {
            let together = try setup.run(rows: rows)
            #expect(together.hasSameBits(as: alone, count: rows * setup.outputs), "\(rows) rows")
        }
        for first in 0..<20 {
            let shifted = try setup.run(first: first, rows: 150)
            #expect(
                shifted.hasSameBits(as: alone, otherStart: first * setup.outputs, count: 150 * setup.outputs),
                "150 rows from \(first)")
        }
    }

    /// Widths around the sizes of vector registers, and one output, for which oneDNN sums a single row in another order:
    /// with the tile sizes that the model finds to agree, a row's bits never change.
    @Test(arguments: [1, 2, 3, 15, 16, 17, 63, 64, 65, 100]) func rowInvarianceForAnyWidth(width: Int) throws {
        let setup = try Setup(
            [.linear(inputs: 50, outputs: width), .activation(.silu), .linear(inputs: width, outputs: 3)], input: [50])
        let tiles = try TileTrial.agreeingSizes(setup.inference, rows: 128)
        #expect(tiles.sizes.first == 128)
        let alone = try setup.alone(tiles: tiles)
        for rows in [1, 2, 3, 4, 7, 8, 15, 31, 33, 64, 100, 127, 128, 129, 255, 300] {
            let together = try setup.run(rows: rows, tiles: tiles)
            #expect(together.hasSameBits(as: alone, count: rows * 3), "\(rows) rows in tiles of \(tiles.sizes)")
        }
    }

    /// Where only some tile sizes agree, a rest is filled up; rows still do not see each other.
    @Test(arguments: [[16], [128], [16, 4], [64, 2]]) func paddingDoesNotShow(sizes: [Int]) throws {
        let setup = try Setup(Self.hidden(.tanh), input: [1, 6, 5])
        let tiles = TileSizes(sizes: sizes)
        let alone = try setup.alone(tiles: tiles)
        #expect(largestDifference(alone.array(), try setup.alone().array()) <= 1e-6)
        for rows in Array(1...40) + [127, 128, 129, 143, 300] {
            #expect(
                try setup.run(rows: rows, tiles: tiles).hasSameBits(as: alone, count: rows * setup.outputs),
                "\(rows) rows in tiles of \(sizes)")
        }
    }

    @Test func paddingWritesNothingBehindTheLastRow() throws {
        let setup = try Setup(Self.hidden(.relu), input: [1, 6, 5])
        for rows in 0...20 {
            let guarded = FloatBuffer([Float](repeating: 7, count: (rows + 1) * setup.outputs))
            try unsafe setup.runner.run(
                rows: rows, tiles: TileSizes(sizes: [16]), input: setup.x.base, output: guarded.base)
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
        let alone = try setup.alone()
        for rows in [1, 5, 128, 131] {
            let found = try setup.run(rows: rows)
            #expect(largestDifference(found.array(), try setup.trained(rows: rows)) <= 1e-6)
            #expect(found.hasSameBits(as: alone, count: rows * setup.outputs))
        }
    }
}
