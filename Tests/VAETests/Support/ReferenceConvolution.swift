@testable import VAE

/// Convolutions written from their definition, in double: every pair of pixels that a window position connects, visited
/// once. Rows `[C, H, W]`, weights in the PyTorch layout.
struct ReferenceConvolution {
    let geometry: ConvolutionGeometry
    let isTransposed: Bool

    private var inputs: Int { geometry.inputShape.elementCount }
    private var outputs: Int { geometry.outputShape.elementCount }

    func forward(x: [Float], weight: [Float], bias: [Float]) -> [Double] {
        let rows = x.count / inputs
        let pixels = outputs / bias.count
        var y = (0..<rows * outputs).map { Double(bias[$0 % outputs / pixels]) }
        visit(rows: rows) { input, output, weightIndex in
            y[output] += Double(x[input]) * Double(weight[weightIndex])
        }
        return y
    }

    func backward(x: [Float], weight: [Float], dy: [Float]) -> (dx: [Double], dweight: [Double], dbias: [Double]) {
        let rows = x.count / inputs
        let channels = geometry.configuration.outputs
        var dx = [Double](repeating: 0, count: x.count)
        var dweight = [Double](repeating: 0, count: weight.count)
        var dbias = [Double](repeating: 0, count: channels)
        for index in dy.indices { dbias[index % outputs / (outputs / channels)] += Double(dy[index]) }
        visit(rows: rows) { input, output, weightIndex in
            dx[input] += Double(dy[output]) * Double(weight[weightIndex])
            dweight[weightIndex] += Double(dy[output]) * Double(x[input])
        }
        return (dx, dweight, dbias)
    }

    /// Calls `connected` with the indices of an input number, an output number and the weight between them.
    private func visit(rows: Int, _ connected: (Int, Int, Int) -> Void) {
        let configuration = geometry.configuration
        let kernel = configuration.kernel
        // A transposed convolution has its windows on the output.
        let wide = isTransposed ? geometry.outputShape.extents : geometry.inputShape.extents
        let narrow = isTransposed ? geometry.inputShape.extents : geometry.outputShape.extents
        for row in 0..<rows {
            for (y, x) in (0..<narrow[1]).flatMap({ y in (0..<narrow[2]).map { (y, $0) } }) {
                for (v, u) in (0..<kernel).flatMap({ v in (0..<kernel).map { (v, $0) } }) {
                    let wideY = y * configuration.stride - configuration.padding + v
                    let wideX = x * configuration.stride - configuration.padding + u
                    guard (0..<wide[1]).contains(wideY), (0..<wide[2]).contains(wideX) else { continue }
                    for c in 0..<narrow[0] {
                        for d in 0..<wide[0] {
                            let narrowIndex = ((row * narrow[0] + c) * narrow[1] + y) * narrow[2] + x
                            let wideIndex = ((row * wide[0] + d) * wide[1] + wideY) * wide[2] + wideX
                            let weight = ((c * wide[0] + d) * kernel + v) * kernel + u
                            if isTransposed {
                                connected(narrowIndex, wideIndex, weight)
                            } else {
                                connected(wideIndex, narrowIndex, weight)
                            }
                        }
                    }
                }
            }
        }
    }
}
