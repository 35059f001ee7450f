import Testing

@testable import VAE

/// Forward and backward as PyTorch computes them: numbers made by `Fixtures/make_convolutions.py`.
@Suite struct PyTorchConvolutionTests {
    private static let rows = 3

    @Test func agreesWithPyTorch() throws {
        KernelThread.begin()
        let file = try SafetensorsFile(path: CommittedFile.path("convolutions.safetensors"))
        let layers = try CanonicalJSON.decode([LayerConfiguration].self, from: file.metadata["layers"] ?? "")
        let inputs = try CanonicalJSON.decode([[Int]].self, from: file.metadata["inputs"] ?? "")
        #expect(layers.count == 11)
        for (number, (layer, input)) in zip(layers, inputs).enumerated() {
            let network = try Network([layer], inputShape: Shape(input), name: "test")
            func tensor(_ name: String, _ shape: Shape) throws -> FloatBuffer {
                let buffer = FloatBuffer(count: shape.elementCount)
                try unsafe file.copyFloats("\(number).\(name)", shape: shape, to: buffer.base)
                return buffer
            }
            func batch(_ name: String, _ shape: Shape) throws -> FloatBuffer {
                try tensor(name, Shape([Self.rows] + shape.extents))
            }
            let specifications = network.layers[0].layer.parameters
            let weight = try tensor("weight", specifications[0].shape).array()
            let parameters = FloatBuffer(weight + (try tensor("bias", specifications[1].shape).array()))
            let x = try batch("x", network.inputShape)
            let dy = try batch("dy", network.outputShape)
            let training = try TrainingNetwork(network, parameterOffset: 0, maximumRows: Self.rows)
            let y = try unsafe training.forward(rows: Self.rows, input: x.base, parameters: parameters.base)
            let found = unsafe Array(UnsafeBufferPointer(start: y, count: dy.count))
            #expect(largestDifference(found, try batch("y", network.outputShape).array()) <= 2e-5, "\(layer)")

            let gradient = FloatBuffer(count: parameters.count)
            let dx = try unsafe training.backward(
                rows: Self.rows, input: x.base, parameters: parameters.base, outputGradient: dy.base,
                parameterGradient: gradient.base, needsInputGradient: true)
            let foundInput = unsafe Array(UnsafeBufferPointer(start: dx, count: x.count))
            #expect(largestDifference(foundInput, try batch("dx", network.inputShape).array()) <= 2e-5, "\(layer)")
            let expected = try tensor("dweight", specifications[0].shape).array()
            let bias = try tensor("dbias", specifications[1].shape).array()
            #expect(largestDifference(gradient.array(), expected + bias) <= 2e-5, "\(layer)")
        }
    }
}
