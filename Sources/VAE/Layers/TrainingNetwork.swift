internal import CTensorKernels

/// A network's forward and backward pass on one thread, with the activations of the last forward pass.
@safe public final class TrainingNetwork {
    /// A layer, perhaps with the activation behind it, or a change of layout between two.
    private struct Step {
        let kernel: any TrainingKernel
        let parameterOffset: Int
        /// What it gave, `[maximumRows, elements]`.
        let output: FloatBuffer
        /// Of one row of `output`.
        let width: Int
        /// Computed along; its derivative is nobody else's business.
        let ownActivation: Activation?
    }

    /// The same before it is known what can be computed along.
    private enum Part {
        case layer(any Layer)
        case turn(Shape, ImageLayout)

        var fusesActivations: Bool {
            if case .layer(let layer) = self { layer.fusesActivations } else { false }
        }
    }

    private let steps: [Step]
    /// Two, so that a step reads one and writes the other on the way back.
    private let gradients: (FloatBuffer, FloatBuffer)

    /// Makes room for `maximumRows` rows. `parameterOffset` is where the first layer's parameters lie in the arena.
    init(_ network: Network, parameterOffset: Int, maximumRows: Int) throws(ModelError) {
        let parts = Self.joined(Self.parts(of: network))
        var steps: [Step] = []
        var offset = parameterOffset
        for (index, (part, activation)) in parts.enumerated() {
            // The next part takes the derivative along, if it can, since it has the result in its cache.
            let isTakenAlong = index + 1 < parts.count && parts[index + 1].part.fusesActivations
            let kernel: any TrainingKernel
            let width: Int
            let start = offset
            switch part {
            case .turn(let shape, let layout):
                kernel = ImageLayoutKernel(shape, to: layout)
                width = shape.elementCount
            case .layer(let layer):
                let before = layer.fusesActivations && index > 0 ? parts[index - 1].activation : nil
                kernel = try layer.makeTrainingKernel(FusedActivations(before: before, after: activation))
                width = layer.outputShape.elementCount
                offset += layer.parameterCount
            }
            steps.append(
                Step(
                    kernel: kernel, parameterOffset: start, output: FloatBuffer(count: maximumRows * width),
                    width: width, ownActivation: isTakenAlong ? nil : activation))
        }
        self.steps = steps
        let widest = network.layers.isEmpty ? 1 : network.widestRow
        gradients = (FloatBuffer(count: maximumRows * widest), FloatBuffer(count: maximumRows * widest))
    }

    /// The layers, with changes of layout where one wants its images otherwise than the one before.
    private static func parts(of network: Network) -> [Part] {
        var parts: [Part] = []
        /// The shape of the images that lie channels last at this point; nil if what is here lies as its shape says.
        var turned: Shape?
        func turn(to wanted: Shape?) {
            guard turned != wanted else { return }
            if let turned { parts.append(.turn(turned, .channelsFirst)) }
            if let wanted { parts.append(.turn(wanted, .channelsLast)) }
            turned = wanted
        }
        for (_, layer) in network.layers {
            switch layer.imageLayout {
            case nil: break
            case .channelsFirst: turn(to: nil)
            case .channelsLast: turn(to: ImageLayout.matters(for: layer.inputShape) ? layer.inputShape : nil)
            }
            parts.append(.layer(layer))
            if layer.imageLayout == .channelsLast {
                turned = ImageLayout.matters(for: layer.outputShape) ? layer.outputShape : nil
            }
        }
        turn(to: nil)
        return parts
    }

    /// Puts activations together with the part before, where that computes them along.
    private static func joined(_ parts: [Part]) -> [(part: Part, activation: Activation?)] {
        var joined: [(part: Part, activation: Activation?)] = []
        for part in parts {
            if case .layer(let layer) = part, let activation = layer.fusibleActivation,
                activation.hasDerivativeOfResult, let last = joined.last, last.part.fusesActivations,
                last.activation == nil
            {
                joined[joined.count - 1].activation = activation
            } else {
                joined.append((part, nil))
            }
        }
        return joined
    }

    /// Tells every layer; see `TrainingKernel`.
    func use(_ precision: Precision) { for step in steps { step.kernel.use(precision) } }

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
            if let activation = step.ownActivation {
                unsafe tk_activation_backward(
                    activation.kernel, rows * step.width, step.output.base, step.output.base, upstream, spare)
                unsafe upstream = UnsafePointer(spare)
                unsafe swap(&spare, &other)
            }
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
