internal import CTensorKernels

/// A network's forward and backward pass on one thread, with the activations of the last forward pass.
@safe public final class TrainingNetwork {
    /// A layer, or a change of layout between two.
    private struct Step {
        let kernel: any TrainingKernel
        let parameterOffset: Int
        /// What it gave, `[maximumRows, elements]`.
        let output: FloatBuffer
        /// Of one row of `output`.
        let width: Int
    }

    private let steps: [Step]
    /// Two, so that a step reads one and writes the other on the way back.
    private let gradients: (FloatBuffer, FloatBuffer)

    /// Makes room for `maximumRows` rows. `parameterOffset` is where the first layer's parameters lie in the arena.
    init(_ network: Network, parameterOffset: Int, maximumRows: Int) throws(ModelError) {
        var steps: [Step] = []
        var offset = parameterOffset
        /// The shape of the images that lie channels last at this point; nil if what is here lies as its shape says.
        var turned: Shape?
        func append(_ kernel: any TrainingKernel, giving elements: Int) {
            let output = FloatBuffer(count: maximumRows * elements)
            steps.append(Step(kernel: kernel, parameterOffset: offset, output: output, width: elements))
        }
        func turn(_ shape: Shape, _ layout: ImageLayout) {
            append(ImageLayoutKernel(shape, to: layout), giving: shape.elementCount)
        }
        func turn(to wanted: Shape?) {
            guard turned != wanted else { return }
            if let turned { turn(turned, .channelsFirst) }
            if let wanted { turn(wanted, .channelsLast) }
            turned = wanted
        }
        for (_, layer) in network.layers {
            switch layer.imageLayout {
            case nil: break
            case .channelsFirst: turn(to: nil)
            case .channelsLast: turn(to: ImageLayout.matters(for: layer.inputShape) ? layer.inputShape : nil)
            }
            append(try layer.makeTrainingKernel(), giving: layer.outputShape.elementCount)
            offset += layer.parameterCount
            if layer.imageLayout == .channelsLast {
                turned = ImageLayout.matters(for: layer.outputShape) ? layer.outputShape : nil
            }
        }
        turn(to: nil)
        self.steps = steps
        let widest = network.layers.isEmpty ? 1 : network.widestRow
        gradients = (FloatBuffer(count: maximumRows * widest), FloatBuffer(count: maximumRows * widest))
    }

    /// Runs `rows` rows of `input`, which must stay in place until `backward`; returns the last layer's output.
    func forward(
        rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>
    ) throws(ModelError) -> UnsafeMutablePointer<Float> {
        var current = unsafe input
        for step in steps {
            try unsafe step.kernel.forward(
                rows: rows, input: current, parameters: parameters + step.parameterOffset, output: step.output.base)
            unsafe current = UnsafePointer(step.output.base)
        }
        return unsafe UnsafeMutablePointer(mutating: current)
    }

    /// Keeps only the rows `indices`, in ascending order, of the last forward pass; `backward` then takes these. What the
    /// last layer gave is among them only if `includingOutput`, since others may have overwritten it.
    func keep(_ indices: [UInt32], includingOutput: Bool) {
        for step in includingOutput ? steps[...] : steps.dropLast() {
            unsafe tk_keep_rows(indices.count, step.width, indices, step.output.base)
        }
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
        for (index, step) in steps.enumerated().reversed() {
            let stepInput = unsafe index == 0 ? input : UnsafePointer(steps[index - 1].output.base)
            let target = unsafe index > 0 || needsInputGradient ? Optional(spare) : nil
            try unsafe step.kernel.backward(
                rows: rows, input: stepInput, output: UnsafePointer(step.output.base),
                parameters: parameters + step.parameterOffset, outputGradient: upstream, inputGradient: target,
                parameterGradient: parameterGradient + step.parameterOffset)
            unsafe upstream = UnsafePointer(spare)
            unsafe swap(&spare, &other)
        }
        return unsafe upstream
    }
}
