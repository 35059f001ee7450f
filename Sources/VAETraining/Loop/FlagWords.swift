/// Flags and their values, for a command that can be pasted.
struct FlagWords {
    var list: [String] = []

    /// Adds `--name value` unless the value is one that goes without saying: the general one, which is also what flags
    /// start from.
    mutating func add<Value: Equatable & CustomStringConvertible>(
        _ name: String, _ value: Value?, unless plain: Value?, startingFrom start: Value?
    ) {
        if let value, value != plain || value != start { list += ["--\(name)", value.description] }
    }

    /// The same for what all kinds of data start from alike.
    mutating func add<Value: Equatable & CustomStringConvertible>(
        _ name: String, _ value: Value?, unless plain: Value?
    ) {
        add(name, value, unless: plain, startingFrom: plain)
    }
}

/// Bounds of settings.
enum SettingCheck {
    /// Refuses a value outside `allowed`, naming the flag.
    static func range<Value: Comparable>(
        _ flag: String, _ value: Value, _ allowed: ClosedRange<Value>
    ) throws(TrainingError) {
        guard allowed.contains(value) else {
            throw .setting("--\(flag) \(value): expected \(allowed.lowerBound)…\(allowed.upperBound)")
        }
    }
}
