/// Flags and their values, for a command that can be pasted.
struct FlagWords {
    var list: [String] = []

    /// Adds `--name value` unless the value is the one without the flag.
    mutating func add<Value: Equatable & CustomStringConvertible>(_ name: String, _ value: Value, unless plain: Value) {
        if value != plain { list += ["--\(name)", value.description] }
    }

    /// The same for values that may be missing.
    mutating func add<Value: Equatable & CustomStringConvertible>(
        _ name: String, _ value: Value?, unless plain: Value?
    ) {
        if let value, value != plain { list += ["--\(name)", value.description] }
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
