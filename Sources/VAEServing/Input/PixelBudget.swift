/// Pixels that the uploaded pictures of one request may still have together: decoding takes time in proportion, and a
/// small body can hold many large pictures.
final class PixelBudget {
    var left: UInt64

    /// Twice what one picture may have.
    init(_ limits: ServiceLimits) { left = 2 * UInt64(limits.pixels) }
}
