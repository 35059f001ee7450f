import CTensorKernels
import Testing

@testable import VAE

/// The kernels of inference on every instruction set that this processor has, against plain loops in double.
@Suite struct PackedConvolutionTests {
    /// A convolution, and the images it is given.
    struct Window: CustomTestStringConvertible {
        let isTransposed: Bool
        let inputs, outputs, kernel, stride, padding: Int
        let height, width: Int
        var outputPadding = 0

        var testDescription: String {
            "\(isTransposed ? "transposed" : "plain") \(inputs)→\(outputs), kernel \(kernel), stride \(stride), "
                + "padding \(padding), \(height)×\(width)"
        }

        var geometry: ConvolutionGeometry {
            get throws {
                let configuration = ConvolutionConfiguration(
                    inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, padding: padding)
                let shape: Shape = [inputs, height, width]
                return isTransposed
                    ? try ConvolutionGeometry(transposing: shape, configuration, outputPadding: outputPadding)
                    : try ConvolutionGeometry(convolving: shape, configuration)
            }
        }
    }

    /// Odd sizes, channels around the widths of registers, windows that overlap, touch and leave gaps, windows larger
    /// than the image, and few output channels, which go another way.
    static let windows: [Window] = [
        (1, 32, 4, 2, 1, 8, 8), (32, 32, 4, 2, 1, 4, 6), (64, 70, 4, 2, 1, 4, 4), (3, 17, 3, 1, 1, 7, 5),
        (17, 3, 3, 1, 1, 5, 7), (17, 33, 3, 2, 0, 5, 5), (2, 48, 3, 3, 1, 7, 8), (64, 1, 3, 1, 1, 4, 5),
        (4, 3, 1, 1, 0, 3, 3), (6, 7, 5, 1, 4, 2, 3), (16, 16, 1, 3, 0, 5, 4), (2, 96, 2, 1, 0, 3, 3),
    ].flatMap { inputs, outputs, kernel, stride, padding, height, width in
        [false, true].compactMap { isTransposed in
            let window = Window(
                isTransposed: isTransposed, inputs: inputs, outputs: outputs, kernel: kernel, stride: stride,
                padding: padding, height: height, width: width, outputPadding: isTransposed ? stride - 1 : 0)
            return (try? window.geometry) == nil ? nil : window
        }
    }

    /// Nearest bfloat16, so that what is left is the error of the sums.
    private static func rounded(_ value: Float) -> Float {
        let bits = value.bitPattern
        return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    private static let rows = 3

    /// One operation on noise, channels-last and back; memory behind the output must stay as it was.
    private func run(
        _ window: Window, _ instructions: tk_instructions, _ number: tk_number, x: FloatBuffer, weight: FloatBuffer,
        bias: FloatBuffer
    ) throws -> [Float]? {
        let geometry = try window.geometry
        let kernelWindow = geometry.window(transposed: window.isTransposed)
        let options = tk_packed_options(
            input: number, output: TK_FLOAT32, activation: tk_activation(kind: TK_IDENTITY, slope: 0),
            planar_output: false, instructions: instructions)
        guard let operation = unsafe tk_packed_convolution_create(kernelWindow, weight.base, bias.base, options) else {
            return nil
        }
        defer { unsafe tk_packed_destroy(operation) }
        let count = Self.rows * geometry.outputShape.elementCount
        let turned = FloatBuffer(count: x.count)
        let y = FloatBuffer([Float](repeating: 7, count: count + 64))
        let planar = FloatBuffer(count: count)
        let scratch = FloatBuffer(count: unsafe tk_packed_scratch_bytes(operation) / 4 + 1)
        unsafe tk_channels_last(kernelWindow.input, Self.rows, x.base, number, turned.base)
        unsafe tk_packed_run(operation, Self.rows, turned.base, y.base, scratch.base)
        #expect((count..<count + 64).allSatisfy { y[$0] == 7 }, "written behind the end")
        unsafe tk_planar(kernelWindow.output, Self.rows, y.base, planar.base)
        return planar.array()
    }

    @Test(arguments: windows) func agreesWithPlainLoops(window: Window) throws {
        let geometry = try window.geometry
        let weightCount = window.inputs * window.outputs * window.kernel * window.kernel
        let x = FloatBuffer.noise(Self.rows * geometry.inputShape.elementCount, seed: 1)
        let weight = FloatBuffer.noise(weightCount, seed: 2, scale: 0.2)
        let bias = FloatBuffer.noise(window.outputs, seed: 3)
        for buffer in [x, weight] {
            for index in 0..<buffer.count { buffer[index] = Self.rounded(buffer[index]) }
        }
        let expected = ReferenceConvolution(geometry: geometry, isTransposed: window.isTransposed)
            .forward(x: x.array(), weight: weight.array(), bias: bias.array()).map(Float.init)
        var found = 0
        for (instructions, number) in [
            (TK_AVX512, TK_FLOAT32), (TK_AVX2, TK_FLOAT32), (TK_PLAIN, TK_FLOAT32), (TK_FASTEST, TK_FLOAT32),
            (TK_FASTEST, TK_BFLOAT16),
        ] {
            let result = try run(window, instructions, number, x: x, weight: weight, bias: bias)
            guard let result else { continue }
            found += 1
            #expect(largestDifference(result, expected) <= 2e-5, "\(instructions), \(number)")
        }
        #expect(found >= 2, "plain and fastest exist anywhere")
    }

    @Test func bfloat16NeedsPairsOfChannels() throws {
        let window = Window(
            isTransposed: false, inputs: 3, outputs: 4, kernel: 3, stride: 1, padding: 1, height: 3, width: 3)
        let noise = FloatBuffer.noise(3 * 27 + 3 * 4 * 9, seed: 1)
        let result = try run(window, TK_FASTEST, TK_BFLOAT16, x: noise, weight: noise, bias: noise)
        #expect(result == nil)
    }

    /// What PyTorch computes: the forward numbers of `Fixtures/make_convolutions.py`.
    @Test func agreesWithPyTorch() throws {
        let file = try SafetensorsFile(path: CommittedFile.path("convolutions.safetensors"))
        let layers = try CanonicalJSON.decode([LayerConfiguration].self, from: file.metadata["layers"] ?? "")
        let inputs = try CanonicalJSON.decode([[Int]].self, from: file.metadata["inputs"] ?? "")
        #expect(layers.count >= 10)
        for (number, (layer, input)) in zip(layers, inputs).enumerated() {
            let network = try Network([layer], inputShape: Shape(input), name: "test")
            func tensor(_ name: String, _ shape: Shape) throws -> FloatBuffer {
                let buffer = FloatBuffer(count: shape.elementCount)
                try unsafe file.copyFloats("\(number).\(name)", shape: shape, to: buffer.base)
                return buffer
            }
            let specifications = network.layers[0].layer.parameters
            let weight = try tensor("weight", specifications[0].shape).array()
            let parameters = FloatBuffer(weight + (try tensor("bias", specifications[1].shape).array()))
            let x = try tensor("x", Shape([Self.rows] + input))
            let expected = try tensor("y", Shape([Self.rows] + network.outputShape.extents))
            let inference = try InferenceNetwork(network, parameters: parameters)
            let y = FloatBuffer(count: expected.count)
            unsafe InferenceRunner(inference, maximumTile: 2).run(rows: Self.rows, input: x.base, output: y.base)
            #expect(largestDifference(y.array(), expected.array()) <= 2e-5, "\(layer)")
        }
    }
}
