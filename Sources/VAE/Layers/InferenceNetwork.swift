/// A network with packed weights: immutable, shared by all threads.
struct InferenceNetwork: Sendable {
    let inputCount: Int
    let outputCount: Int
    let operations: [any InferenceOperation]

    /// Rows that go through all layers together, so that activations stay in the second-level cache: 128, but fewer of
    /// very wide ones, so that memory for them does not grow out of proportion to the weights.
    var maximumTile: Int {
        let widest = operations.reduce(max(inputCount, outputCount)) { max($0, $1.outputCount) }
        return TileSizes.powersOfTwo.first { $0 * widest <= Self.maximumTileElements } ?? 1
    }
    private static let maximumTileElements = 1 << 22

    /// Packs `parameters` (this network's, contiguous), fusing each activation into the layer before it.
    init(_ network: Network, parameters: UnsafePointer<Float>) throws(ModelError) {
        var operations: [any InferenceOperation] = []
        var offset = 0
        var index = 0
        while index < network.layers.count {
            let layer = network.layers[index].layer
            let next = index + 1 < network.layers.count ? network.layers[index + 1].layer : nil
            let fused = layer.fusibleActivation == nil ? next?.fusibleActivation : nil
            operations.append(try unsafe layer.makeInferenceOperation(parameters: parameters + offset, fusing: fused))
            offset += layer.parameterCount
            index += fused == nil ? 1 : 2
        }
        self.operations = operations
        inputCount = network.inputShape.elementCount
        outputCount = network.outputShape.elementCount
    }

    /// Several networks in a row, as one.
    init(joining parts: [InferenceNetwork]) {
        operations = parts.flatMap(\.operations)
        inputCount = parts.first?.inputCount ?? 0
        outputCount = parts.last?.outputCount ?? 0
    }
}

/// One thread's executables and activation memory for an `InferenceNetwork`.
@safe final class InferenceRunner {
    private let network: InferenceNetwork
    private let plans: [any InferencePlan]
    private let scratch: (FloatBuffer, FloatBuffer)
    private let paddedInput: FloatBuffer
    private let paddedOutput: FloatBuffer

    /// Makes room for tiles of up to `maximumTile` rows.
    init(_ network: InferenceNetwork, maximumTile tile: Int) throws(ModelError) {
        self.network = network
        var plans: [any InferencePlan] = []
        for operation in network.operations { plans.append(try operation.makePlan()) }
        self.plans = plans
        let widest = network.operations.dropLast().reduce(1) { max($0, $1.outputCount) }
        scratch = (FloatBuffer(scratch: tile * widest), FloatBuffer(scratch: tile * widest))
        paddedInput = FloatBuffer(scratch: tile * network.inputCount)
        paddedOutput = FloatBuffer(scratch: tile * network.outputCount)
    }

    /// output `[rows, outputCount]` from input `[rows, inputCount]`, for any number of rows, cut into `tiles` of at
    /// most the `maximumTile` of the creation.
    func run(
        rows: Int, tiles: TileSizes, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        var done = 0
        while done < rows {
            let left = rows - done
            let from = unsafe input + done * network.inputCount
            let to = unsafe output + done * network.outputCount
            if let tile = tiles.largest(notAbove: left) {
                try unsafe runTile(rows: tile, input: from, output: to)
                done += tile
            } else {
                // The smallest tile is larger than what is left: fill it up, and drop what the filling gave.
                unsafe paddedInput.base.update(from: from, count: left * network.inputCount)
                try unsafe runTile(rows: tiles.smallest, input: paddedInput.base, output: paddedOutput.base)
                unsafe to.update(from: paddedOutput.base, count: left * network.outputCount)
                done = rows
            }
        }
    }

    private func runTile(
        rows: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) throws(ModelError) {
        var current = unsafe input
        var spare = unsafe scratch.0.base
        var other = unsafe scratch.1.base
        if plans.isEmpty { unsafe output.update(from: input, count: rows * network.inputCount) }
        for (index, plan) in plans.enumerated() {
            let target = unsafe index == plans.count - 1 ? output : spare
            try unsafe plan.forward(rows: rows, input: current, output: target)
            unsafe current = UnsafePointer(target)
            unsafe swap(&spare, &other)
        }
    }
}
