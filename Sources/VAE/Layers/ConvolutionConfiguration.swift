/// The numbers of a `conv2d` or `conv_transpose2d` entry of a layer list, with PyTorch's meaning; the window is square.
public struct ConvolutionConfiguration: Hashable, Sendable {
    /// Channels of the images it takes.
    public var inputs: Int
    /// Channels of the images it gives.
    public var outputs: Int
    /// Pixels on a side of the window.
    public var kernel: Int
    /// Pixels from one position of the window to the next.
    public var stride: Int
    /// Zeros around the (for `conv_transpose2d`: resulting) image, which are not stored.
    public var padding: Int

    /// States all five; `ConvolutionGeometry` checks them.
    public init(inputs: Int, outputs: Int, kernel: Int, stride: Int, padding: Int) {
        self.inputs = inputs
        self.outputs = outputs
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }
}

extension ConvolutionConfiguration: Codable {
    private enum Key: String, CodingKey {
        case inputs = "in", outputs = "out", kernel, stride, padding
    }

    /// Reads the five numbers of an entry; none has a default, since nothing may be guessed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func number(_ key: Key) throws -> Int { try container.decodePlaced(Int.self, forKey: key) }
        self.init(
            inputs: try number(.inputs), outputs: try number(.outputs), kernel: try number(.kernel),
            stride: try number(.stride), padding: try number(.padding))
    }

    /// Writes the same form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(inputs, forKey: .inputs)
        try container.encode(outputs, forKey: .outputs)
        try container.encode(kernel, forKey: .kernel)
        try container.encode(stride, forKey: .stride)
        try container.encode(padding, forKey: .padding)
    }
}
