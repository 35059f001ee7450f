import Testing

@testable import VAE

/// Orders of numbers between layers: whatever the list of layers, an inference is the same function as in training.
@Suite struct InferenceChainTests {
    private static func convolution(
        _ inputs: Int, _ outputs: Int, _ kernel: Int = 4, _ stride: Int = 2, _ padding: Int = 1
    ) -> ConvolutionConfiguration {
        ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, padding: padding)
    }

    /// A list of layers, what it is given, and the number of operations that are expected to be left of it.
    struct Case: Sendable {
        let layers: [LayerConfiguration]
        let input: Shape
        let operations: Int
    }

    private static let cases: [Case] = [
        // A grey image needs no conversion, a flattened one none before its linear layer.
        Case(
            layers: [
                .conv2d(convolution(1, 6)), .activation(.relu), .conv2d(convolution(6, 20)), .activation(.tanh),
                .flatten,
                .linear(inputs: 80, outputs: 7),
            ], input: [1, 8, 8], operations: 3),
        // A decoder: nor does a vector that becomes an image, or a grey image at the end.
        Case(
            layers: [
                .linear(inputs: 5, outputs: 80), .activation(.silu), .unflatten([20, 2, 2]),
                .convTranspose2d(convolution(20, 18)), .activation(.leakyReLU(slope: 0.1)),
                .convTranspose2d(convolution(18, 1)),
            ], input: [5], operations: 3),
        // Colours: one conversion in front; the last layer writes planes itself as it has few channels.
        Case(
            layers: [
                .conv2d(convolution(3, 16, 3, 1, 1)), .activation(.relu), .convTranspose2d(convolution(16, 3)),
            ], input: [3, 6, 4], operations: 3),
        // Many channels at the end: a conversion behind, too.
        Case(layers: [.conv2d(convolution(2, 40, 3, 1, 0))], input: [2, 5, 5], operations: 3),
        // An image of one shape that becomes one of another.
        Case(
            layers: [
                .conv2d(convolution(2, 16, 3, 1, 1)), .unflatten([4, 8, 8]), .conv2d(convolution(4, 17, 3, 1, 1)),
                .flatten,
            ], input: [2, 4, 4], operations: 6),
        // An activation that is fused with nothing.
        Case(
            layers: [
                .activation(.sigmoid), .conv2d(convolution(4, 18, 3, 1, 1)), .activation(.silu), .activation(.tanh),
                .conv2d(convolution(18, 2, 3, 1, 1)),
            ], input: [4, 4, 5], operations: 5),
    ]

    @Test(arguments: cases, Precision.allCases.filter(\.isAvailable))
    func agreesWithTraining(sample: Case, precision: Precision) throws {
        KernelThread.begin()
        let rows = 37
        let network = try Network(sample.layers, inputShape: sample.input, name: "test")
        let parameters = FloatBuffer.noise(network.parameterCount, seed: 1, scale: 0.2)
        let x = FloatBuffer.noise(rows * sample.input.elementCount, seed: 2)
        let inference = try InferenceNetwork(network, parameters: parameters, precision: precision)
        if precision == .f32 { #expect(inference.operations.count == sample.operations) }
        let training = try TrainingNetwork(network, parameterOffset: 0, maximumRows: rows)
        let expected = try unsafe training.forward(rows: rows, input: x.base, parameters: parameters.base)
        let count = rows * network.outputShape.elementCount
        let y = FloatBuffer(count: count)
        let runner = InferenceRunner(inference, maximumTile: inference.maximumTile)
        unsafe runner.run(rows: rows, input: x.base, output: y.base)
        let trained: [Float] = unsafe Array(UnsafeBufferPointer(start: expected, count: count))
        let difference: Double = largestDifference(y.array(), trained)
        #expect(difference <= (precision == .f32 ? 1e-5 : 0.05))
        if precision == .bf16 { #expect(difference > 1e-5, "bfloat16 was not used") }

        let alone = FloatBuffer(count: count)
        for row in 0..<rows {
            unsafe runner.run(
                rows: 1, input: x.base + row * inference.inputCount, output: alone.base + row * inference.outputCount)
        }
        #expect(alone.hasSameBits(as: y))
    }
}
