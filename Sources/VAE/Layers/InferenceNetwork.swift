/// A network with packed weights: immutable, shared by all threads.
struct InferenceNetwork: Sendable {
    let inputCount: Int
    let outputCount: Int
    let operations: [any InferenceOperation]
    let stages: [InferenceStage]

    /// Packs all of `parameters`, the arena of this network alone.
    init(_ network: Network, parameters: FloatBuffer, precision: Precision = .f32) throws(ModelError) {
        try self.init([(network, 0)], parameters: parameters, precision: precision)
    }

    /// Several networks in a row, as one. `offset` is where each one's parameters lie in the arena.
    init(
        _ parts: [(network: Network, offset: Int)], parameters: FloatBuffer, precision: Precision
    ) throws(ModelError) {
        try precision.require()
        operations = try InferenceChain(parts, precision: precision).operations(parameters)
        stages = InferenceStage.divide(operations)
        inputCount = parts.first?.network.inputShape.elementCount ?? 0
        outputCount = parts.last?.network.outputShape.elementCount ?? 0
    }

    /// Rows that go through all stages together: 128, but fewer of very wide ones, so that memory for them does not grow
    /// out of proportion to the weights.
    var maximumTile: Int {
        let widest = stages.reduce(4 * max(inputCount, outputCount)) { max($0, $1.output.byteCount) }
        return max(1, min(128, Self.maximumTileBytes / widest))
    }
    private static let maximumTileBytes = 1 << 24

    /// Runs a few rows of noise. Throws when the results are not finite.
    func checkFinite() throws(ModelError) {
        let rows = min(4, maximumTile)
        let input = FloatBuffer(scratch: rows * inputCount)
        let output = FloatBuffer(count: rows * outputCount)
        unsafe RandomStream(seed: 1, domain: .prior).normals(rows: rows, width: inputCount, into: input.base)
        unsafe InferenceRunner(self, maximumTile: rows).run(rows: rows, input: input.base, output: output.base)
        guard output.isFinite else { throw .configuration("the weights give NaN or infinite results on noise") }
    }
}
