/// One trainable tensor of a layer: its name below the layer (`weight`), and its shape in the PyTorch layout.
public struct ParameterSpecification: Hashable, Sendable {
    /// As in a `state_dict`, without the layer's own prefix.
    public let name: String
    /// `[out, in]` for a linear layer, `[out, in, kh, kw]` for a convolution.
    public let shape: Shape
    /// Number of inputs that meet in one output: what initialisers scale by.
    public let fanIn: Int
    /// Number of outputs that one input reaches.
    public let fanOut: Int
}

/// A step of an encoder or a decoder, described: shapes and parameters, no weights and no memory.
///
/// It makes the two things that compute: a `TrainingKernel` for one thread, whose weights change under it, and an
/// `InferenceOperation`, whose weights are packed once for the place it has in a network.
public protocol Layer: Sendable {
    /// Of one row, without the batch dimension.
    var inputShape: Shape { get }
    /// Of one row, without the batch dimension.
    var outputShape: Shape { get }
    /// In the order in which they lie in the arena.
    var parameters: [ParameterSpecification] { get }
    /// The activation this layer is, if it may be computed inside the layer before it.
    var fusibleActivation: Activation? { get }
    /// How its training kernel wants images on both sides; nil for layers that take every number by itself.
    var imageLayout: ImageLayout? { get }

    /// Forward and backward for one thread.
    func makeTrainingKernel() throws(ModelError) -> any TrainingKernel
    /// Whether `makeTrainingKernel(_:)` is there for it.
    var fusesActivations: Bool { get }
    /// The same, with the activations beside the layer computed along.
    func makeTrainingKernel(_ fused: FusedActivations) throws(ModelError) -> any TrainingKernel
    /// The images that an inference of this layer reads and writes channels-last; nil for a layer that takes its numbers
    /// in whatever order they come.
    var inferenceImages: (input: RowImage, output: RowImage, mayBePlanar: Bool)? { get }
    /// The format it multiplies in where `precision` is asked for.
    func inferencePrecision(_ precision: Precision) -> Precision
    /// Packs `parameters` (this layer's, contiguous) for inference.
    func makeInferenceOperation(
        parameters: UnsafePointer<Float>, _ placement: InferencePlacement
    ) throws(ModelError) -> any InferenceOperation
}

extension Layer {
    /// Most layers compute what they are and nothing else.
    public var fusesActivations: Bool { false }
    /// For layers that fuse nothing.
    public func makeTrainingKernel(_ fused: FusedActivations) throws(ModelError) -> any TrainingKernel {
        precondition(fused == FusedActivations(), "this layer computes no activations")
        return try makeTrainingKernel()
    }
    /// Most layers are no activation.
    public var fusibleActivation: Activation? { nil }
    /// Only convolutions care for the order.
    public var inferenceImages: (input: RowImage, output: RowImage, mayBePlanar: Bool)? { nil }
    /// bfloat16 is for products.
    public func inferencePrecision(_ precision: Precision) -> Precision { .f32 }
    /// Most layers know of vectors only.
    public var imageLayout: ImageLayout? { .channelsFirst }
    /// Number of floats of all parameters together.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.elementCount } }
}

/// Forward and backward of one layer on one thread. Matrices are `[rows, elements of the shape]`, row-major, each row in
/// the layout that the layer's `imageLayout` names.
public protocol TrainingKernel: AnyObject {
    /// The format that the factors of products are rounded to from the next forward pass on; float32 at first. Layers
    /// without a faster way for bfloat16 stay with float32.
    func use(_ precision: Precision)

    /// output = layer(input).
    func forward(
        rows: Int, input: UnsafePointer<Float>, parameters: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>)
        throws(ModelError)

    /// Gradients with respect to the input (skipped when nil) and to the parameters (overwritten).
    /// `inputGradient` may be `outputGradient` where both have the same width.
    func backward(
        rows: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>, parameters: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
        parameterGradient: UnsafeMutablePointer<Float>) throws(ModelError)
}

extension TrainingKernel {
    /// Most have one way only.
    public func use(_ precision: Precision) {}
}
