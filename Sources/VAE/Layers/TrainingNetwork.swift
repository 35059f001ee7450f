/// A network's forward and backward pass on one thread, with the activations of the last forward pass.
@safe public final class TrainingNetwork {
    private let network: Network
    private let kernels: [any TrainingKernel]
    private let parameterOffsets: [Int]
    /// What each layer gave, `[maximumRows, elements]`.
    private let outputs: [FloatBuffer]
    /// Two, so that a layer reads one and writes the other on the way back.
    private let gradients: (FloatBuffer, FloatBuffer)

    /// Makes room for `maximumRows` rows. `parameterOffset` is where the first layer's parameters lie in the arena.
    init(_ network: Network, parameterOffset: Int, maximumRows: Int) throws(ModelError) {
        self.network = network
        var kernels: [any TrainingKernel] = []
        var offsets: [Int] = []
        var offset = parameterOffset
        for (_, layer) in network.layers {
            kernels.append(try layer.makeTrainingKernel())
            offsets.append(offset)
            offset += layer.parameterCount
        }
        self.kernels = kernels
        parameterOffsets = offsets
        outputs = network.layers.map { FloatBuffer(count: maximumRows * $0.layer.outputShape.elementCount) }
        let widest = network.layers.isEmpty ? 1 : network.widestRow
        gradients = (FloatBuffer(count: maximumRows * widest), FloatBuffer(count: maximumRows * widest))
    }

    /// Runs `rows` rows of `input`, which must stay in place until `backward`; returns the last layer's output.
    func forward(
        rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>
    ) throws(ModelError) -> UnsafeMutablePointer<Float> {
        var current = unsafe input
        for (index, kernel) in kernels.enumerated() {
            let output = unsafe outputs[index].base
            try unsafe kernel.forward(
                rows: rows, input: current, parameters: parameters + parameterOffsets[index], output: output)
            unsafe current = UnsafePointer(output)
        }
        return unsafe UnsafeMutablePointer(mutating: current)
    }

    /// Overwrites the gradients of this network's parameters in `parameterGradient` (the arena), given the gradient of
    /// the last forward pass's output. Returns the gradient of the input if `needsInputGradient`.
    @discardableResult
    func backward(
        rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, parameterGradient: UnsafeMutablePointer<Float>, needsInputGradient: Bool
    ) throws(ModelError) -> UnsafePointer<Float> {
        var upstream = unsafe outputGradient
        var spare = unsafe gradients.0.base
        var other = unsafe gradients.1.base
        for index in kernels.indices.reversed() {
            let layerInput = unsafe index == 0 ? input : UnsafePointer(outputs[index - 1].base)
            let target = unsafe index > 0 || needsInputGradient ? Optional(spare) : nil
            try unsafe kernels[index].backward(
                rows: rows, input: layerInput, output: UnsafePointer(outputs[index].base),
                parameters: parameters + parameterOffsets[index], outputGradient: upstream, inputGradient: target,
                parameterGradient: parameterGradient + parameterOffsets[index])
            unsafe upstream = UnsafePointer(spare)
            unsafe swap(&spare, &other)
        }
        return unsafe upstream
    }
}
