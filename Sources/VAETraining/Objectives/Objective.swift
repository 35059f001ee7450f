internal import VAE

/// One thread's share of a minibatch.
struct MinibatchShare {
    /// Images of the share.
    var rows: Int
    /// Images of the whole minibatch, over all threads and processes.
    var total: Int
    /// What the decoder should give back, `[rows, C·H·W]`.
    var target: FloatBuffer
    /// What the encoder sees: the target itself, or a corrupted copy.
    var input: FloatBuffer
    /// ε of z = μ + σ·ε, `[rows, samples, latent]`.
    var noise: FloatBuffer
    /// The parameters, in the order of the architecture's layout.
    var parameters: FloatBuffer
    /// What changes from step to step.
    var weights: ScheduledWeights
    /// Numbers of the images in their data set; what is random about a row depends on them.
    var indices: ArraySlice<UInt32>
    /// For further random numbers of this epoch.
    var seed: UInt64
    var epoch: UInt32
}

/// A loss beside its gradient: one thread's workspace.
///
/// A minibatch is the mean of its images' losses, and of penalties on means over them. The latter need sums over all
/// threads in between, so the pass has two halves.
protocol Objective: AnyObject {
    /// Draws of z for each image.
    var samples: Int { get }
    /// Number of `statistics`; with none, threads need not meet between the halves.
    var statisticsCount: Int { get }
    /// Sums over the share that the loss of the minibatch depends on, of the last forward pass.
    var statistics: [Double] { get }

    /// ln of the likelihood's scale that the last minibatch asks for, where it is not learned by its gradient.
    var optimalLogScale: Float? { get }

    /// The first half.
    func forward(_ share: MinibatchShare) throws(ModelError)
    /// The second half: `gradient`, an arena like the parameters, becomes this share's part of the gradient of the
    /// minibatch's mean loss. `statistics` are the sums over all shares.
    func backward(
        _ share: MinibatchShare, statistics: [Double], gradient: UnsafeMutablePointer<Float>
    ) throws(ModelError) -> LossTerms
}

extension Objective {
    var statisticsCount: Int { 0 }
    var statistics: [Double] { [] }
    var optimalLogScale: Float? { nil }
}
