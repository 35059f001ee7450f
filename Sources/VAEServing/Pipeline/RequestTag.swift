/// What admission found out about a request, packed into its tag so that the path is read once.
/// Zero, which requests refused before admission have, means nothing.
struct RequestTag {
    let rawValue: UInt

    init(_ rawValue: UInt) { self.rawValue = rawValue }

    /// `slot` stands for the model as long as the request lives, even if the model is replaced or removed meanwhile.
    init(_ operation: Operation, slot: Int) {
        rawValue = (operation.rawValue + 1) | UInt(slot) << 8
    }

    /// `nil` when no route was found.
    var knownOperation: Operation? { rawValue == 0 ? nil : Operation(rawValue: (rawValue & 0xff) - 1) }

    var operation: Operation {
        guard let operation = knownOperation else { preconditionFailure("a request without a route was queued") }
        return operation
    }

    var slot: Int { Int(rawValue >> 8) }
}
