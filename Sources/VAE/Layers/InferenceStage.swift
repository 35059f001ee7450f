/// Operations that a few rows go through together, so that what one writes is still in the second-level cache when the
/// next one reads it.
///
/// Linear layers have many weights for few numbers, so many rows share one walk through the weights; convolutions have
/// few weights for many numbers. So a change between the two ends a stage.
struct InferenceStage: Sendable {
    let operations: [any InferenceOperation]
    /// Rows at a time.
    let rows: Int

    /// Of one row, in front of the first operation.
    var input: RowFormat { operations[0].input }
    /// Of one row, behind the last operation.
    var output: RowFormat { operations[operations.count - 1].output }

    /// Half of a second-level cache as today's servers have it, for what an operation reads and writes.
    private static let cacheBytes = 1 << 19

    static func divide(_ operations: [any InferenceOperation]) -> [InferenceStage] {
        var groups: [[any InferenceOperation]] = []
        for operation in operations {
            if let last = groups.last?.last, isSpatial(last) == isSpatial(operation) {
                groups[groups.count - 1].append(operation)
            } else {
                groups.append([operation])
            }
        }
        return groups.map { group in
            let widest = group.reduce(1) { max($0, $1.input.byteCount + $1.output.byteCount) }
            return InferenceStage(operations: group, rows: max(1, min(128, cacheBytes / widest)))
        }
    }

    private static func isSpatial(_ operation: any InferenceOperation) -> Bool {
        operation is PackedOperation && operation.scratchBytes > 0
            || operation.input.image.height * operation.input.image.width > 1
            || operation.output.image.height * operation.output.image.width > 1
    }
}
