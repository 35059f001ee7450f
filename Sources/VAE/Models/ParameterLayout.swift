/// Where every tensor of a model lies in its one arena of floats, and what it is called in a `state_dict`.
public struct ParameterLayout: Sendable {
    /// One tensor.
    public struct Entry: Hashable, Sendable {
        /// As in the file: `encoder.0.weight`, `mu.bias`, ….
        public let name: String
        /// In the PyTorch layout.
        public let shape: Shape
        /// Index of the first float in the arena.
        public let offset: Int
        /// See `ParameterSpecification`.
        public let fanIn: Int
        /// See `ParameterSpecification`.
        public let fanOut: Int

        /// Number of floats.
        public var count: Int { shape.elementCount }
    }

    /// In the order of the arena, without gaps.
    public private(set) var entries: [Entry] = []
    /// Number of floats of all tensors.
    public private(set) var count = 0

    mutating func append(_ specification: ParameterSpecification, name: String) {
        entries.append(
            Entry(
                name: name, shape: specification.shape, offset: count, fanIn: specification.fanIn,
                fanOut: specification.fanOut))
        count += specification.shape.elementCount
    }

    mutating func append(_ network: Network, prefix: String) {
        for (index, layer) in network.layers {
            for parameter in layer.parameters { append(parameter, name: "\(prefix).\(index).\(parameter.name)") }
        }
    }
}
