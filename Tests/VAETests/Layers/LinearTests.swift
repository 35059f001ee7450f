import Testing

@testable import VAE

/// The linear layer in training: forward against plain loops, backward against finite differences.
@Suite struct LinearTests {
    /// One layer with its kernel, weights and a batch.
    private struct Setup {
        let layer: Linear
        let rows: Int
        let kernel: any TrainingKernel
        let x, parameters, y: FloatBuffer

        init(inputs: Int, outputs: Int, rows: Int) throws {
            KernelThread.begin()
            layer = Linear(inputs: inputs, outputs: outputs)
            self.rows = rows
            kernel = try layer.makeTrainingKernel()
            x = .noise(rows * inputs, seed: 1)
            parameters = .noise(layer.parameterCount, seed: 2)
            y = FloatBuffer(count: rows * outputs)
        }

        /// The parameters' gradient of a loss whose derivative at the output is `outputGradient`, and the input's.
        func backward(_ outputGradient: FloatBuffer) throws -> (parameters: FloatBuffer, input: FloatBuffer) {
            let gradients = (FloatBuffer(count: parameters.count), FloatBuffer(count: x.count))
            try unsafe kernel.backward(
                rows: rows, input: x.base, output: y.base, parameters: parameters.base,
                outputGradient: outputGradient.base, inputGradient: gradients.1.base,
                parameterGradient: gradients.0.base)
            return gradients
        }

        func forward() throws {
            try unsafe kernel.forward(rows: rows, input: x.base, parameters: parameters.base, output: y.base)
        }
    }

    @Test(arguments: [(1, 1, 1), (3, 2, 5), (17, 33, 4), (64, 10, 3), (5, 7, 130)])
    func forwardAgreesWithPlainLoops(inputs: Int, outputs: Int, rows: Int) throws {
        try expectForward(inputs: inputs, outputs: outputs, rows: rows, within: 1e-5)
    }

    /// A sum of more numbers than are multiplied at a time, and more rows than are transposed at a time. It has some 500
    /// terms of size 1, so that float32 itself is off by more.
    @Test func longSumsAgreeWithPlainLoops() throws {
        try expectForward(inputs: 530, outputs: 21, rows: 70, within: 5e-5)
    }

    private func expectForward(inputs: Int, outputs: Int, rows: Int, within bound: Double) throws {
        let setup = try Setup(inputs: inputs, outputs: outputs, rows: rows)
        try setup.forward()
        for row in 0..<rows {
            for output in 0..<outputs {
                var expected = Double(setup.parameters[inputs * outputs + output])
                for input in 0..<inputs {
                    expected +=
                        Double(setup.x[row * inputs + input]) * Double(setup.parameters[output * inputs + input])
                }
                #expect(abs(Double(setup.y[row * outputs + output]) - expected) < bound)
            }
        }
    }

    /// Finite differences would take too long for these sizes.
    @Test(arguments: [(67, 530, 5), (21, 5, 300), (130, 18, 257), (16, 64, 64)])
    func backwardAgreesWithPlainLoops(inputs: Int, outputs: Int, rows: Int) throws {
        let setup = try Setup(inputs: inputs, outputs: outputs, rows: rows)
        let outputGradient = FloatBuffer.noise(rows * outputs, seed: 3)
        try setup.forward()
        let gradients = try setup.backward(outputGradient)
        func sum(_ count: Int, _ term: (Int) -> (Float, Float)) -> Double {
            (0..<count).reduce(0) { sum, index in
                let (a, b) = term(index)
                return sum + Double(a) * Double(b)
            }
        }
        for input in 0..<inputs {
            for output in 0..<outputs {
                let expected = sum(rows) { (outputGradient[$0 * outputs + output], setup.x[$0 * inputs + input]) }
                #expect(abs(Double(gradients.parameters[output * inputs + input]) - expected) < 5e-5)
            }
            for row in 0..<rows {
                let expected = sum(outputs) {
                    (outputGradient[row * outputs + $0], setup.parameters[$0 * inputs + input])
                }
                #expect(abs(Double(gradients.input[row * inputs + input]) - expected) < 5e-5)
            }
        }
        for output in 0..<outputs {
            let expected = sum(rows) { (outputGradient[$0 * outputs + output], 1) }
            #expect(abs(Double(gradients.parameters[outputs * inputs + output]) - expected) < 5e-5)
        }
    }

    /// Factors that bfloat16 holds exactly give the same sums as float32, and others nearly the same.
    @Test(.enabled(if: Precision.bf16.isAvailable), arguments: [(3, 2, 5), (17, 33, 4), (64, 100, 70)])
    func bfloat16RoundsTheFactorsOnly(inputs: Int, outputs: Int, rows: Int) throws {
        let setup = try Setup(inputs: inputs, outputs: outputs, rows: rows)
        let outputGradient = FloatBuffer.noise(rows * outputs, seed: 3)
        func results(_ precision: Precision) throws -> [FloatBuffer] {
            setup.kernel.use(precision)
            try setup.forward()
            let y = FloatBuffer(setup.y.array())
            let gradients = try setup.backward(outputGradient)
            return [y, gradients.parameters, gradients.input]
        }
        func largestDifference() throws -> Float {
            let (exact, rounded) = (try results(.f32), try results(.bf16))
            return zip(exact, rounded).map { a, b in zip(a.array(), b.array()).map { abs($0 - $1) }.max() ?? 0 }.max()
                ?? 0
        }
        let ofNoise = try largestDifference()
        #expect(ofNoise > 1e-5 && ofNoise < 0.1)
        for buffer in [setup.x, setup.parameters, outputGradient] {
            for index in 0..<buffer.count { buffer[index] = (buffer[index] * 16).rounded() / 16 }
        }
        #expect(try largestDifference() < 1e-5)
    }

    @Test(arguments: [(1, 1, 1), (5, 3, 4), (3, 17, 2)])
    func gradientsAreTheFiniteDifferences(inputs: Int, outputs: Int, rows: Int) throws {
        let setup = try Setup(inputs: inputs, outputs: outputs, rows: rows)
        let weights = FloatBuffer.noise(rows * outputs, seed: 3)
        func loss() throws -> Double {
            try setup.forward()
            return setup.y.dot(weights)
        }
        let inputGradient = FloatBuffer.noise(rows * inputs, seed: 4)
        let parameterGradient = FloatBuffer.noise(setup.parameters.count, seed: 5)
        try unsafe setup.kernel.backward(
            rows: rows, input: setup.x.base, output: setup.y.base, parameters: setup.parameters.base,
            outputGradient: weights.base, inputGradient: inputGradient.base,
            parameterGradient: parameterGradient.base)
        try FiniteDifference.expect(inputGradient, toBeDerivativeOf: loss, by: setup.x, "input")
        try FiniteDifference.expect(parameterGradient, toBeDerivativeOf: loss, by: setup.parameters, "weight and bias")
    }

    /// More row counts than the plan remembers, there and back.
    @Test func rowCountsMayAlternate() throws {
        let setup = try Setup(inputs: 6, outputs: 4, rows: 12)
        try setup.forward()
        let part = FloatBuffer(count: setup.y.count)
        for rows in [1, 12, 2, 11, 3, 10, 4, 9, 12, 1] {
            try unsafe setup.kernel.forward(
                rows: rows, input: setup.x.base, parameters: setup.parameters.base, output: part.base)
            #expect(largestDifference(part.array(0..<rows * 4), setup.y.array(0..<rows * 4)) < 1e-6)
        }
    }

    @Test func noRowsGiveZeroGradients() throws {
        let setup = try Setup(inputs: 3, outputs: 2, rows: 1)
        let gradient = FloatBuffer.noise(setup.parameters.count, seed: 4)
        try unsafe setup.kernel.backward(
            rows: 0, input: setup.x.base, output: setup.y.base, parameters: setup.parameters.base,
            outputGradient: setup.y.base, inputGradient: nil, parameterGradient: gradient.base)
        #expect(gradient.array() == [Float](repeating: 0, count: 8))
    }
}
