/// Flags from the environment, for containers and job schedulers: `VAE_TRAINER_BATCH_SIZE=256` stands for
/// `--batch-size 256` unless that flag is given.
public enum RunEnvironment {
    static let prefix = "VAE_TRAINER_"

    /// `arguments` with the flags that `environment` adds to them, of those that the command knows; other variables may be
    /// anyone's.
    public static func expand(
        _ arguments: [String], environment: [String: String], kind: (String) -> FlagKind?
    ) throws(TrainingError) -> [String] {
        guard arguments.first.map({ !$0.hasPrefix("-") }) == true else { return arguments }
        let given = RunFile.names(in: arguments)
        var words: [String] = []
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(prefix) {
            let name = String(variable.dropFirst(prefix.count).lowercased().map { $0 == "_" ? "-" : $0 })
            guard let kind = kind(name), !given.contains(Substring(name)), !value.isEmpty else { continue }
            let tokens = try RunFile.words(value[...]) { .setting("\(variable): \($0)") }
            guard let more = kind.arguments(name, tokens) else {
                throw .setting("\(variable)=\(value): expected yes or no")
            }
            words += more
        }
        return [arguments[0]] + words + arguments.dropFirst()
    }
}
