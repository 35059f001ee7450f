/// Finds an order of numbers and a number format between every two layers, so that as few conversions as possible are
/// left: convolutions want their images channels-last, a linear layer takes any order and gives any (its weights are
/// permuted when they are packed), and the ends of a network are `[C, H, W]` in float32.
struct InferenceChain {
    /// A layer with the activation behind it, if that is fused into it.
    struct Link {
        let layer: any Layer
        /// Where its parameters lie in the arena.
        let offset: Int
        let activation: Activation?
    }

    private let links: [Link]
    private let precision: Precision

    /// The layers of `parts` in a row. `offset` is where a part's first layer's parameters lie in the arena.
    init(_ parts: [(network: Network, offset: Int)], precision: Precision) {
        var links: [Link] = []
        for (network, start) in parts {
            var offset = start
            var index = 0
            while index < network.layers.count {
                let layer = network.layers[index].layer
                let next = index + 1 < network.layers.count ? network.layers[index + 1].layer : nil
                let fused = layer.fusibleActivation == nil ? next?.fusibleActivation : nil
                links.append(Link(layer: layer, offset: offset, activation: fused))
                offset += layer.parameterCount
                index += fused == nil ? 1 : 2
            }
        }
        self.links = links
        self.precision = precision
    }

    /// Packs every layer's share of `parameters`, with conversions between them where there is no other way.
    func operations(_ parameters: FloatBuffer) throws(ModelError) -> [any InferenceOperation] {
        var operations: [any InferenceOperation] = []
        guard let first = links.first else { return [] }
        var current = RowFormat(image: RowImage([first.layer.inputShape.elementCount]), precision: .f32)
        for (index, link) in links.enumerated() {
            let wanted = RowFormat(
                image: link.layer.inferenceImages?.input ?? current.image,
                precision: link.layer.inferencePrecision(precision))
            operations += Self.conversions(from: current, to: wanted)
            let (output, isPlanar) = output(of: link, given: wanted, next: index + 1)
            let placement = InferencePlacement(
                input: wanted, output: output, activation: link.activation, planarOutput: isPlanar)
            operations.append(
                try unsafe link.layer.makeInferenceOperation(parameters: parameters.base + link.offset, placement))
            current = isPlanar ? RowFormat(image: output.image.flattened, precision: output.precision) : output
        }
        let end = RowFormat(image: current.image.flattened, precision: .f32)
        return operations + Self.conversions(from: current, to: end)
    }

    /// What `link` should give, so that the next one can take it as it is.
    private func output(of link: Link, given input: RowFormat, next: Int) -> (RowFormat, isPlanar: Bool) {
        let wanted = wantedImage(from: next)
        let precision = next < links.count ? links[next].layer.inferencePrecision(self.precision) : .f32
        if let images = link.layer.inferenceImages {
            let mustBePlanar = wanted.map { !$0.isSameOrder(as: images.output) } ?? (next == links.count)
            // A conversion reads float32.
            return (
                RowFormat(image: images.output, precision: mustBePlanar ? .f32 : precision),
                mustBePlanar && images.mayBePlanar
            )
        }
        if link.layer.fusibleActivation != nil {
            return (RowFormat(image: input.image, precision: .f32), false)
        }
        let count = link.layer.outputShape.elementCount
        return (RowFormat(image: wanted ?? RowImage([count]), precision: precision), false)
    }

    /// The image that the next convolution reads, unless a linear layer comes first, which takes any.
    private func wantedImage(from index: Int) -> RowImage? {
        for link in links[index...] {
            if let images = link.layer.inferenceImages { return images.input }
            if link.layer.fusibleActivation == nil { return nil }
        }
        return nil
    }

    private static func conversions(from current: RowFormat, to wanted: RowFormat) -> [any InferenceOperation] {
        var operations: [any InferenceOperation] = []
        let isSameOrder = current.image.isSameOrder(as: wanted.image)
        if !isSameOrder && !current.image.isPlanar { operations.append(PlanarConversion(current.image)) }
        if !isSameOrder && !wanted.image.isPlanar {
            operations.append(ChannelsLastConversion(wanted.image, precision: wanted.precision))
        } else if current.precision != wanted.precision {
            operations.append(ChannelsLastConversion(wanted.image.flattened, precision: wanted.precision))
        }
        return operations
    }
}
