internal import CTensorKernels

/// Range checks over many numbers at once.
public enum ValueCheck {
    /// Index of the first of `count` values that is not within `range`, NaN included; `nil` when all are.
    public static func firstOutside(
        _ range: ClosedRange<Float>, count: Int, _ values: UnsafePointer<Float>
    ) -> Int? {
        let index = unsafe tk_first_outside(count, values, range.lowerBound, range.upperBound)
        return index == count ? nil : index
    }
}
