/// A step of an inference with its weights packed: immutable, and run by any number of threads at a time.
public protocol InferenceOperation: Sendable {
    /// Of one row.
    var input: RowFormat { get }
    /// Of one row.
    var output: RowFormat { get }
    /// Working memory that a run needs.
    var scratchBytes: Int { get }

    /// Reads `rows` rows in the `input` format and writes as many in the `output` format. A row's result depends on
    /// nothing but that row, bit for bit.
    func run(
        rows: Int, input: UnsafeRawPointer, output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer)
}

extension InferenceOperation {
    /// Most operations need none.
    public var scratchBytes: Int { 0 }
}

/// Where a layer stands in a network: what it is given, and what is wanted of it.
public struct InferencePlacement: Sendable {
    let input: RowFormat
    let output: RowFormat
    /// Applied to the result.
    let activation: Activation?
    /// Whether the output is wanted `[C, H, W]`.
    let planarOutput: Bool
}
