import ArgumentParser

/// Refuses a value out of range, with the flag's name.
func require(_ value: Int, in range: ClosedRange<Int>, _ flag: String) throws {
    guard range.contains(value) else {
        throw ValidationError("\(flag) must be \(range.lowerBound)…\(range.upperBound); found \(value)")
    }
}
