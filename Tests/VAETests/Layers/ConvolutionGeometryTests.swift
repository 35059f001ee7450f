import Testing

@testable import VAE

/// Sizes and fans as PyTorch computes them; `Fixtures/make_convolutions.py` prints these lines.
@Suite struct ConvolutionGeometryTests {
    /// H, kernel, stride, padding and what `nn.Conv2d` makes of H; then output_padding and `nn.ConvTranspose2d`'s.
    @Test(arguments: [
        (1, 1, 1, 0, 1, 0, 1), (4, 4, 1, 0, 1, 0, 7), (5, 3, 1, 1, 5, 0, 5), (28, 3, 2, 1, 14, 1, 56),
        (64, 4, 2, 1, 32, 0, 128), (7, 4, 3, 2, 3, 2, 20), (9, 5, 8, 4, 2, 7, 68), (16, 16, 8, 15, 4, 0, 106),
    ])
    func extentsArePyTorchs(
        extent: Int, kernel: Int, stride: Int, padding: Int, convolved: Int, outputPadding: Int, transposed: Int
    ) throws {
        let configuration = ConvolutionConfiguration(
            inputs: 2, outputs: 3, kernel: kernel, stride: stride, padding: padding)
        let wide: Shape = [2, extent, extent + stride]
        let forward = try ConvolutionGeometry(convolving: wide, configuration)
        #expect(forward.inputShape == wide)
        #expect(forward.outputShape == [3, convolved, convolved + 1])
        let back = try ConvolutionGeometry(transposing: wide, configuration, outputPadding: outputPadding)
        #expect(back.outputShape == [3, transposed, transposed + stride * stride])
    }

    @Test func parametersHavePyTorchsShapesAndFans() throws {
        let configuration = ConvolutionConfiguration(inputs: 2, outputs: 3, kernel: 4, stride: 2, padding: 1)
        let convolution = Convolution(
            geometry: try ConvolutionGeometry(convolving: [2, 8, 8], configuration), isTransposed: false)
        #expect(
            convolution.parameters == [
                ParameterSpecification(name: "weight", shape: [3, 2, 4, 4], fanIn: 32, fanOut: 48),
                ParameterSpecification(name: "bias", shape: [3], fanIn: 32, fanOut: 48),
            ])
        let transposed = Convolution(
            geometry: try ConvolutionGeometry(transposing: [2, 8, 8], configuration, outputPadding: 0),
            isTransposed: true)
        #expect(
            transposed.parameters == [
                ParameterSpecification(name: "weight", shape: [2, 3, 4, 4], fanIn: 48, fanOut: 32),
                ParameterSpecification(name: "bias", shape: [3], fanIn: 48, fanOut: 32),
            ])
    }
}
