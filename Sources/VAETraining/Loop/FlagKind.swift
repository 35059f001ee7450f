/// What a flag takes, where it is given in a file or in the environment instead of on the command line.
public enum FlagKind {
    /// A value, or several.
    case value
    /// Nothing: it is there (`yes`), or it is not (`no`).
    case none

    /// `words`, the value of the flag `name`, as a command line has them; nil where it should say yes or no and does not.
    func arguments(_ name: String, _ words: [String]) -> [String]? {
        switch self {
        case .value: return ["--\(name)"] + words
        case .none:
            if words == ["yes"] || words == ["true"] { return ["--\(name)"] }
            return words == ["no"] || words == ["false"] ? [] : nil
        }
    }
}
