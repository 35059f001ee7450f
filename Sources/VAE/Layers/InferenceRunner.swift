/// One thread's activation memory for an `InferenceNetwork`.
@safe final class InferenceRunner {
    private let network: InferenceNetwork
    private let tile: Int
    /// Behind every stage but the last, for all rows of a tile.
    private let between: [FloatBuffer]
    /// Within a stage: one is read while the other is written.
    private let inner: (FloatBuffer, FloatBuffer)
    private let scratch: FloatBuffer

    /// Makes room for `maximumTile` rows at a time.
    init(_ network: InferenceNetwork, maximumTile tile: Int) {
        self.network = network
        self.tile = tile
        func bytes(_ count: Int) -> FloatBuffer { FloatBuffer(scratch: (count + 3) / 4) }
        between = network.stages.dropLast().map { bytes(tile * $0.output.byteCount) }
        let widest = network.stages.reduce(0) { widest, stage in
            stage.operations.dropLast().reduce(widest) { max($0, min(tile, stage.rows) * $1.output.byteCount) }
        }
        inner = (bytes(widest), bytes(widest))
        scratch = bytes(network.operations.reduce(0) { max($0, $1.scratchBytes) })
    }

    /// output `[rows, outputCount]` from input `[rows, inputCount]`, for any number of rows.
    func run(rows: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        guard !network.stages.isEmpty else {
            return unsafe output.update(from: input, count: rows * network.inputCount)
        }
        for start in stride(from: 0, to: rows, by: tile) {
            var current = unsafe UnsafeRawPointer(input + start * network.inputCount)
            for (index, stage) in network.stages.enumerated() {
                let isLast = index == between.count
                let target = unsafe isLast ? output + start * network.outputCount : between[index].base
                unsafe run(
                    stage, rows: min(tile, rows - start), input: current, output: UnsafeMutableRawPointer(target))
                unsafe current = UnsafeRawPointer(target)
            }
        }
    }

    private func run(
        _ stage: InferenceStage, rows: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer
    ) {
        for start in stride(from: 0, to: rows, by: stage.rows) {
            var current = unsafe input + start * stage.input.byteCount
            var spare = unsafe inner.0.base
            var other = unsafe inner.1.base
            for (index, operation) in stage.operations.enumerated() {
                let isLast = index == stage.operations.count - 1
                let target =
                    unsafe isLast
                    ? output + start * stage.output.byteCount : UnsafeMutableRawPointer(spare)
                unsafe operation.run(
                    rows: min(stage.rows, rows - start), input: current, output: target, scratch: scratch.base)
                unsafe current = UnsafeRawPointer(target)
                unsafe swap(&spare, &other)
            }
        }
    }
}
