/// Finds out, when a model loads, which tile sizes give a row the same bits on this processor.
///
/// Whether they do depends on how a kernel cuts its sums, which no library promises. So every operation is run on noise
/// in one tile of the largest size, and then again in each smaller size.
enum TileTrial {
    /// Numbers compared for each operation and size. Two orders of a short sum agree by chance quite often, so a few
    /// rows of a narrow layer would prove nothing.
    private static let comparedElements = 2048

    /// The sizes, at most `rows`, in which every operation of `network` agrees with the tile of `rows` rows.
    /// Throws when the network's results on noise are not finite.
    static func agreeingSizes(_ network: InferenceNetwork, rows: Int) throws(ModelError) -> TileSizes {
        var sizes = TileSizes.powersOfTwo.filter { $0 <= rows }
        for operation in network.operations { sizes = try agreeing(sizes, operation, rows: rows) }
        try checkFinite(network, rows: rows)
        return TileSizes(sizes: sizes)
    }

    private static func agreeing(
        _ sizes: [Int], _ operation: any InferenceOperation, rows: Int
    ) throws(ModelError) -> [Int] {
        let (inputs, outputs) = (operation.inputCount, operation.outputCount)
        let plan = try operation.makePlan()
        let input = FloatBuffer(scratch: rows * inputs)
        let expected = FloatBuffer(scratch: rows * outputs)
        let found = FloatBuffer(scratch: rows * outputs)
        var agreeing = sizes
        // Of a wide layer a few rows are enough, half from each end; a narrow one is tried more than once.
        let rowsNeeded = (comparedElements + outputs - 1) / outputs
        for round in 0..<((rowsNeeded + rows - 1) / rows) {
            unsafe RandomStream(seed: UInt64(round), domain: .prior).normals(
                rows: rows, width: inputs, into: input.base)
            try unsafe plan.forward(rows: rows, input: input.base, output: expected.base)
            for size in agreeing where size < rows {
                var same = true
                for first in windows(of: size, rows: rows, needed: rowsNeeded) {
                    try unsafe plan.forward(
                        rows: size, input: input.base + first * inputs, output: found.base + first * outputs)
                    let range = (first * outputs)..<((first + size) * outputs)
                    same = same && found.hasSameBits(as: expected, in: range)
                }
                if !same { agreeing.removeAll { $0 == size } }
            }
        }
        return agreeing
    }

    /// First rows of the tiles of `size` rows to try: from both ends towards the middle, until `needed` rows are covered.
    private static func windows(of size: Int, rows: Int, needed: Int) -> [Int] {
        let starts = Array(stride(from: 0, to: rows, by: size))
        let half = max(1, (needed + 2 * size - 1) / (2 * size))
        return starts.count <= 2 * half ? starts : Array(starts.prefix(half) + starts.suffix(half))
    }

    private static func checkFinite(_ network: InferenceNetwork, rows: Int) throws(ModelError) {
        let runner = try InferenceRunner(network, maximumTile: rows)
        let input = FloatBuffer(scratch: rows * network.inputCount)
        let output = FloatBuffer(count: rows * network.outputCount)
        unsafe RandomStream(seed: 1, domain: .prior).normals(rows: rows, width: network.inputCount, into: input.base)
        try unsafe runner.run(
            rows: rows, tiles: TileSizes(sizes: [rows]), input: input.base, output: output.base)
        guard output.isFinite else { throw .configuration("the weights give NaN or infinite results on noise") }
    }
}
