internal import CTensorKernels

/// The activations on both sides of a layer that its training kernel computes along, while the numbers are at hand. Each
/// has its derivative told by its result, which is all that is kept.
public struct FusedActivations: Hashable, Sendable {
    /// What gave the layer's input: the gradient of the input becomes that before this activation.
    var before: Activation?
    /// What is made of its output. The gradient of the output is that before this activation already.
    var after: Activation?

    /// As the kernels name them.
    var kernels: (before: tk_activation, after: tk_activation) {
        let identity = tk_activation(kind: TK_IDENTITY, slope: 0)
        return (before?.kernel ?? identity, after?.kernel ?? identity)
    }
}
