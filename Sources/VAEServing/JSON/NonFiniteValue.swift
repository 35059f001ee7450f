/// A NaN or an infinity among values that were about to be written: JSON has neither.
struct NonFiniteValue: Error, Equatable, CustomStringConvertible {
    /// Where it stands among the values, counted from the first.
    let index: Int

    var description: String { "value \(index) is not finite, expected a number that JSON can express" }
}
